import { spawn } from 'node:child_process';
import { freePort } from '../../helpers/ports.js';
import { type Peer, started } from './peers.js';

/**
 * The SRS project's Go proxy, where `$SRS_PROXY` names its binary, in front of one child's RTMP
 * port.
 */
export async function startSrsProxy(childPort: number): Promise<Peer | null> {
  const binary = process.env.SRS_PROXY;
  if (!binary) return null;
  const port = await freePort();
  const others = ['HTTP_API', 'HTTP_SERVER', 'WEBRTC_SERVER', 'SRT_SERVER', 'SYSTEM_API'];
  const ports: NodeJS.ProcessEnv = { PROXY_RTMP_SERVER: `${port}` };
  for (const name of others) ports[`PROXY_${name}`] = `${await freePort()}`;
  const backend = {
    PROXY_LOAD_BALANCER_TYPE: 'memory',
    PROXY_DEFAULT_BACKEND_ENABLED: 'on',
    PROXY_DEFAULT_BACKEND_IP: '127.0.0.1',
    PROXY_DEFAULT_BACKEND_RTMP: `${childPort}`,
  };
  const env = { ...process.env, ...ports, ...backend };
  return started('srs-proxy', port, spawn(binary, { env, stdio: 'ignore' }));
}
