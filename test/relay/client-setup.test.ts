import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { Socket } from 'node:net';
import { after, before, describe, it } from 'node:test';
import type { SharedPort } from '../../src/relay/client-setup.js';
import { NativeEngine } from '../../src/relay/native/engine.js';
import type { Order } from '../../src/relay/native/protocol.js';
import type { RelayedConnection } from '../../src/relay/relay.js';
import { descriptorsOf } from '../helpers/processes.js';
import { Acceptor, closing, dialPort, gone } from '../helpers/sockets.js';
import { until } from '../helpers/until.js';
import { recallContract } from './recall-contract.js';
import { TEST_USHER } from './test-handler.js';

describe('clients that a relay thread lets in', { timeout: 120_000 }, () => {
  let engine: NativeEngine;
  let children: Acceptor;
  let port: SharedPort;
  let descriptors = 0;
  const told: unknown[] = [];
  const joined = new Map<number, RelayedConnection>();
  const handedBack: { client: Socket; about: unknown }[] = [];

  before(async () => {
    children = await Acceptor.open();
    engine = new NativeEngine({ threads: 1 });
    port = engine.listen({ host: '127.0.0.1', port: 0 }, 128);
    const link = {
      joined: (ticket: number, connection: RelayedConnection) => joined.set(ticket, connection),
      handedBack: (_ticket: number, client: Socket, about: unknown) =>
        handedBack.push({ client, about }),
      heard: (message: unknown) => told.push(message),
    };
    const settings = { fd: port.sockets[0], child: children.port };
    engine.employ({ module: TEST_USHER, begin: () => ({ settings, link }) });
    await until('the handler is there', () => told.includes('open'));
    descriptors = await descriptorsOf(process.pid);
  });
  after(async () => {
    await engine.close();
    port.close();
    await children.close();
  });

  /** A client that has been greeted. */
  async function dial(): Promise<Socket> {
    const client = await dialPort(port.bound.port);
    assert.equal(String((await once(client, 'data'))[0]), 'hello');
    return client;
  }

  /** A client, and its child, which has heard of it. */
  async function pair(): Promise<{ client: Socket; child: Socket }> {
    const client = await dial();
    const accepted = children.next();
    client.write('dial');
    const child = await accepted;
    assert.equal(String((await once(child.resume(), 'data'))[0]), 'before ');
    return { client, child };
  }

  /** A client that is relayed. */
  async function relayed(): Promise<{ client: Socket; child: Socket }> {
    const { client, child } = await pair();
    child.write('answer');
    assert.equal(String((await once(client, 'data'))[0]), 'first answer');
    return { client, child };
  }

  async function passes({ client, child }: { client: Socket; child: Socket }): Promise<void> {
    client.write('up');
    assert.equal(String((await once(child, 'data'))[0]), 'up');
    child.write('down');
    assert.equal(String((await once(client, 'data'))[0]), 'down');
  }

  it('are relayed by it, and counted by the control side, one after the other', async () => {
    for (let round = 1; round <= 300; round += 1) {
      const both = await relayed();
      await passes(both);
      await until('it is counted', () => joined.has(round));
      const connection = joined.get(round)!;
      // A slot that was another's before begins anew.
      const down = 'first answerdown'.length;
      await until('all is counted', () => connection.bytesIn === 2 && connection.bytesOut === down);
      both.client.destroy();
      await gone(both.child);
      assert.match(await connection.ended, /closed|client-reset/);
    }
  });

  it('end with the connection that the control side has of them', async () => {
    const both = await relayed();
    const closed = [gone(both.client), gone(both.child)];
    await until('it is counted', () => joined.size === 301);
    joined.get(301)?.destroy();
    assert.equal(await joined.get(301)?.ended, 'destroyed');
    await Promise.all(closed);
  });

  recallContract(async () => {
    const before = joined.size;
    const both = await relayed();
    await until('it is counted', () => joined.size > before);
    return { ...both, relayed: [...joined.values()].at(-1)! };
  });

  it('are closed alone where the handler fails', async () => {
    const other = await pair();
    const client = await dial();
    const closed = gone(client);
    client.write('throw');
    await closed;
    await until('it is said', () => told.includes('closed Error: as it was told'));
    other.child.write('answer');
    await once(other.client, 'data');
    await passes(other);
    other.client.destroy();
    await gone(other.child);
  });

  for (const [order, said] of [
    ['nowhere', 'child left: ECONNREFUSED connect: ECONNREFUSED'],
    ['unspeakable', 'child left:  localhost is no address'],
  ] as const) {
    it(`hear that a child cannot be dialled (${order})`, async () => {
      const client = await dial();
      const closed = gone(client);
      client.write(order);
      await closed;
      await until(said, () => told.includes(said));
    });
  }

  it('hear that the child has hung up', async () => {
    const { client, child } = await pair();
    const closed = gone(client);
    child.destroy();
    await closed;
    const said = 'child left:  the other side closed the connection';
    await until(said, () => told.includes(said));
  });

  it('are reset on demand', async () => {
    const client = await dial();
    const closed = closing(client);
    client.write('reset');
    assert.equal(await closed, 'ECONNRESET');
  });

  it('are handed back as they are', async () => {
    const client = await dial();
    client.write('back');
    await until('it is ours', () => handedBack.length === 1);
    const { client: ours, about } = handedBack[0]!;
    assert.deepEqual(about, { about: 'it' });
    client.write('ping');
    assert.equal(String((await once(ours.resume(), 'data'))[0]), 'ping');
    ours.end('pong');
    assert.equal(String((await once(client, 'data'))[0]), 'pong');
    client.destroy();
    await once(ours.resume(), 'close');
  });

  it('leave no descriptor behind, and are closed when their thread dies', async () => {
    await until('all are closed', async () => (await descriptorsOf(process.pid)) <= descriptors);
    const waiting = await dial();
    const half = await pair();
    const whole = await relayed();
    const sockets = [waiting, half.client, half.child, whole.client, whole.child];
    const closed = sockets.map((socket) => gone(socket));
    told.length = 0;
    engine.threads[0]?.order({ kind: 'dance' } as unknown as Order);
    await Promise.all(closed);
    await until('another handler is there', () => told.includes('open'));
    const both = await relayed();
    await passes(both);
    both.client.destroy();
    await gone(both.child);
    await until('all are closed', async () => (await descriptorsOf(process.pid)) <= descriptors);
  });
});
