import type net from 'node:net';
import type { Socket } from 'node:net';
import type { ListenAddress } from './conf/conf.js';

/** Returns the peer's address as SRS prints it: IPv4 without the prefix of a dual-stack socket. */
export function peerAddress(socket: Socket): string {
  return (socket.remoteAddress ?? '').replace(/^::ffff:/, '');
}

/** Binds a server; rejects with the system's error. */
export async function listen(server: net.Server, { host, port }: ListenAddress): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen({ port, ...(host === undefined ? {} : { host }) }, () => {
      server.off('error', reject);
      resolve();
    });
  });
}
