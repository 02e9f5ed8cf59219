import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import type { RelayEngine } from './relay.js';

/** More than one read, so that every way of moving bytes gets its turn. */
const SIZE = 1024 * 1024;
const LIMIT_MS = 10_000;

/**
 * Carries some bytes over loopback through an engine, there and back. Rejects when they do not come
 * out as they went in, or not in time.
 */
export async function selfTest(engine: RelayEngine): Promise<void> {
  const server = createServer({ allowHalfOpen: true, pauseOnConnect: true });
  const sockets: Socket[] = [];
  const timer = setTimeout(
    () => sockets[0]?.destroy(new Error('its self-test took too long')),
    LIMIT_MS,
  );
  try {
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const [client, toEngine] = await connection(server, sockets);
    const [child, fromEngine] = await connection(server, sockets);
    const { ended } = engine.join({ client: toEngine, child: fromEngine, idleMs: LIMIT_MS });
    child.pipe(child);
    await echo(client);
    await ended;
  } finally {
    clearTimeout(timer);
    for (const socket of sockets) socket.destroy();
    server.close();
  }
}

async function connection(server: Server, sockets: Socket[]): Promise<[Socket, Socket]> {
  const accepted = once(server, 'connection');
  const { port } = server.address() as AddressInfo;
  const near = connect({ port, host: '127.0.0.1', allowHalfOpen: true });
  sockets.push(near.on('error', () => {}));
  const [far] = (await accepted) as [Socket];
  sockets.push(far.on('error', () => {}));
  return [near, far];
}

async function echo(client: Socket): Promise<void> {
  const sent = randomBytes(SIZE);
  const got: Buffer[] = [];
  client.end(sent);
  for await (const chunk of client) got.push(chunk as Buffer);
  if (!Buffer.concat(got).equals(sent)) throw new Error('its self-test lost bytes');
}
