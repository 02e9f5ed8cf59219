import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { createServer, isIPv6 } from 'node:net';
import { PORT_STRIDE } from '../child/ports.js';
import { formatAddress } from '../config/address.js';
import type { Address, Config } from '../config/config.js';
import { codeOf } from '../errors.js';
import { listenError } from '../listener/listen-error.js';
import type { Outcome } from './findings.js';

/** The listeners of TCP that a start binds. */
const TCP = ['rtmp', 'rtmps', 'http', 'https', 'api', 'apiHttps', 'admin'] as const;
/** And those of UDP. */
const UDP = ['rtc', 'srt'] as const;

/** Binds each port that clients come to, and lets it go again. Throws ERR_LISTEN. */
export async function provePorts({ listen }: Config): Promise<Outcome<null>> {
  const free: string[] = [];
  for (const name of [...TCP, ...UDP]) {
    const address = listen[name];
    if (address === null) continue;
    const prove = name === 'rtc' || name === 'srt' ? proveUdpFree : proveFree;
    await prove(`listen.${name}`, address);
    free.push(`${name} ${formatAddress(address)}`);
  }
  return { value: null, text: `free: ${free.join(', ')}` };
}

/** `count` children of SRS: it binds UDP to every address, and only a firewall can mend that. */
export function childrensUdp({ listen, children }: Config, count: number): Outcome<null> {
  const protocols = UDP.filter((name) => listen[name] !== null);
  if (protocols.length === 0 || count === 0) return { value: null, text: 'none' };
  const last = children.portBase + PORT_STRIDE * count - 1;
  const range = `UDP ${children.portBase}-${last}`;
  const text = `children's ${protocols.join(' and ')} ports, within ${range}, are open to every address: let a firewall keep others off`;
  return { value: null, text };
}

async function proveUdpFree(key: string, address: Address): Promise<void> {
  const { host = '::', port } = address;
  const socket = createSocket({ type: isIPv6(host) ? 'udp6' : 'udp4' });
  try {
    socket.bind({ address: host, port, exclusive: true });
    await once(socket, 'listening');
  } catch (error) {
    // A machine without IPv6 gets IPv4 alone.
    if (codeOf(error) !== 'EAFNOSUPPORT') throw listenError(key, address, error);
  } finally {
    await new Promise<void>((resolve) => socket.close(resolve));
  }
}

async function proveFree(key: string, address: Address): Promise<void> {
  const server = createServer();
  try {
    server.listen(address);
    await once(server, 'listening');
  } catch (error) {
    throw listenError(key, address, error);
  }
  server.close();
  await once(server, 'close');
}
