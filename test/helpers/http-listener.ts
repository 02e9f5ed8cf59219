import { connect } from 'node:net';
import { TrustedProxies } from '../../src/listener/client-address.js';
import { HttpListener, type HttpListenerOptions } from '../../src/listener/http/listener.js';
import { silentLogger } from '../../src/logging/logger.js';

/** An HTTP port on loopback, without pages, streams or TLS unless the options say otherwise. */
export function httpListener(options: Partial<HttpListenerOptions> = {}): HttpListener {
  return new HttpListener({
    name: 'listen.http',
    address: { host: '127.0.0.1', port: 0 },
    tls: null,
    trusted: new TrustedProxies([]),
    proxyProtocol: false,
    limits: { connections: 100, connectionsPerIp: 0 },
    identifyMs: 30_000,
    plugins: [],
    live: null,
    logger: silentLogger,
    ...options,
  });
}

/** Sends bytes or Latin-1 texts, and reads until the other side closes. */
export function exchange(port: number, ...parts: (string | Buffer)[]): Promise<string> {
  return new Promise((resolve) => {
    let answer = '';
    const socket = connect({ port, host: '127.0.0.1' });
    for (const part of parts) socket.write(part, 'latin1');
    socket.on('data', (bytes) => {
      answer += bytes;
    });
    socket.on('error', () => {});
    socket.once('close', () => resolve(answer));
  });
}
