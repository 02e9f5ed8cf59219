import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { after, afterEach, before, describe, it } from 'node:test';
import { NativeEngine } from '../../src/relay/native/engine.js';
import { until } from '../helpers/until.js';

/** More than the buffers of a socket hold. */
const MUCH = Buffer.alloc(24 * 1024 * 1024, 'x');

describe('pairs that one engine gives away and another one takes', () => {
  let server: Server;
  const engines = new Set<NativeEngine>();
  const sockets = new Set<Socket>();

  before(async () => {
    server = createServer({ allowHalfOpen: true, pauseOnConnect: true }).listen(0, '127.0.0.1');
    await once(server, 'listening');
  });
  afterEach(async () => {
    for (const socket of sockets) socket.destroy();
    sockets.clear();
    for (const engine of engines) await engine.close();
    engines.clear();
  });
  after(() => void server.close());

  const engine = () => {
    const made = new NativeEngine({ threads: 2 });
    engines.add(made);
    return made;
  };

  const connection = async (): Promise<[near: Socket, far: Socket]> => {
    const accepted = once(server, 'connection');
    const { port } = server.address() as AddressInfo;
    const near = connect({ port, host: '127.0.0.1', allowHalfOpen: true });
    const [far] = (await accepted) as [Socket];
    for (const socket of [near, far]) sockets.add(socket.on('error', () => {}));
    return [near, far];
  };

  /** Relays a client to a child by an engine, and returns both with the relayed connection. */
  const pairBy = async (by: NativeEngine) => {
    const [client, toEngine] = await connection();
    const [child, fromEngine] = await connection();
    const relayed = by.join({ client: toEngine, child: fromEngine, idleMs: 0 });
    return { client, child, relayed };
  };

  const moved = async (from: NativeEngine, to: NativeEngine) => {
    const [given] = await from.give();
    assert.ok(given);
    return { given, taken: to.take(given.pair) };
  };

  const said = async (socket: Socket, size: number): Promise<Buffer> => {
    const parts: Buffer[] = [];
    socket.on('data', (bytes: Buffer) => parts.push(bytes)).resume();
    await until('all bytes', () => Buffer.concat(parts).length >= size);
    return Buffer.concat(parts);
  };

  it('go on in both directions, with their counts', async () => {
    const [first, second] = [engine(), engine()];
    const { client, child, relayed } = await pairBy(first);
    client.write('before');
    assert.equal((await said(child, 6)).toString(), 'before');
    assert.equal(first.keeps(relayed), true);
    const { given, taken } = await moved(first, second);
    assert.equal(given.connection, relayed);
    client.write(' and after');
    child.write('an answer');
    assert.equal((await said(child, 10)).toString(), ' and after');
    assert.equal((await said(client, 9)).toString(), 'an answer');
    assert.deepEqual([taken.bytesIn, taken.bytesOut], [16, 9]);
    client.end();
    child.end();
    assert.equal(await taken.ended, 'closed');
  });

  it('lose none of the bytes that wait for a client, in memory or in a pipe', async () => {
    const [first, second] = [engine(), engine()];
    const { client, child, relayed } = await pairBy(first);
    child.write(MUCH);
    let last = -1;
    await until('a client that is full', async () => {
      const now = relayed.bytesOut;
      const isStill = now > 0 && now === last;
      last = now;
      return isStill;
    });
    await moved(first, second);
    const got = await said(client, MUCH.length);
    assert.equal(got.equals(MUCH), true);
  });

  it('stay half closed', async () => {
    const [first, second] = [engine(), engine()];
    const { client, child } = await pairBy(first);
    const ended = once(child.resume(), 'end');
    client.end('last words');
    await ended;
    const { given, taken } = await moved(first, second);
    assert.deepEqual([given.pair.clientEnded, given.pair.childEnded], [true, false]);
    child.end('an answer');
    assert.equal((await said(client, 9)).toString(), 'an answer');
    assert.equal(await taken.ended, 'closed');
  });

  it('end for nobody in the engine that gives them', async () => {
    const [first, second] = [engine(), engine()];
    const { relayed } = await pairBy(first);
    let hasEnded = false;
    void relayed.ended.then(() => {
      hasEnded = true;
    });
    const { taken } = await moved(first, second);
    await first.close();
    assert.equal(hasEnded, false);
    taken.destroy();
    assert.equal(await taken.ended, 'destroyed');
  });
});
