import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type TestContext, test } from 'node:test';
import { Redis } from 'ioredis';
import { portsAt } from '../../../src/child/ports.js';
import { Boxes, type BoxRecord } from '../../../src/registry/redis/boxes.js';
import { Keys } from '../../../src/registry/redis/keys.js';
import { Store } from '../../../src/registry/redis/store.js';
import { RedisServer } from '../../helpers/redis.js';
import { until } from '../../helpers/until.js';

const TIMES = { beatMs: 50, deadMs: 1500 };

function recordOf(serverId: string): BoxRecord {
  return { v: 1, host: '127.0.0.1', ports: { ...portsAt(1000), peer: 1 }, serverId };
}

async function open(t: TestContext, server: RedisServer, box: string): Promise<Boxes> {
  const client = new Redis(server.port, { maxRetriesPerRequest: 0, retryStrategy: () => 50 });
  client.on('error', () => {});
  const store = new Store(client);
  const record = () => recordOf(box);
  const boxes = new Boxes({ store, keys: new Keys('t'), box, record, ...TIMES });
  await boxes.start();
  t.after(async () => {
    await boxes.close();
    client.disconnect();
  });
  return boxes;
}

test('boxes find each other, and notice who leaves', async (t) => {
  const server = await RedisServer.start();
  t.after(() => server.dispose());
  const [a, b] = [await open(t, server, 'a'), await open(t, server, 'b')];
  await until('a knows b', () => a.get('b') !== null);
  assert.deepEqual(a.get('b'), recordOf('b'));
  assert.equal(a.get('a'), null);
  const down = once(a, 'down');
  await b.close();
  assert.deepEqual(await down, ['b']);
  assert.equal(a.list().size, 0);
});

test('boxes tell each other what they carry, and take nothing else for it', async (t) => {
  const server = await RedisServer.start();
  t.after(() => server.dispose());
  const [a, b] = [await open(t, server, 'a'), await open(t, server, 'b')];
  const load = {
    ...{ state: 'ready', version: '0.1.0', since: 1000, children: 4, ready: 3, streams: 2 },
    ...{ connections: 5, bitrateIn: 1e6, bitrateOut: 2e6, cpu: 7.5 },
  };
  b.load = () => load;
  await until('a knows its load', () => a.get('b')?.load !== undefined);
  assert.deepEqual(a.get('b'), { ...recordOf('b'), load });
  b.load = () => ({ ...load, streams: 'many' as never });
  await until('a takes it for none', () => a.get('b')?.load === undefined);
  assert.deepEqual(a.get('b'), recordOf('b'));
});

test('a box that falls silent is dead after a while, and a store that was emptied is told of', async (t) => {
  const server = await RedisServer.start();
  t.after(() => server.dispose());
  const a = await open(t, server, 'a');
  const client = new Redis(server.port);
  t.after(() => client.disconnect());
  const down = once(a, 'down');
  await until('a knows the ghost', async () => {
    const now = Date.now();
    await client.hset(new Keys('t').boxes, 'future', `${now} {"v":2}`);
    await client.hset(new Keys('t').boxes, 'ghost', `${now} ${JSON.stringify(recordOf('ghost'))}`);
    return a.get('ghost') !== null;
  });
  assert.equal(a.get('future'), null);
  assert.deepEqual(await down, ['ghost']);
  const back = once(a, 'back');
  await client.flushall();
  await back;
});

test('a box that comes back after its silence is told of', async (t) => {
  const server = await RedisServer.start();
  t.after(() => server.dispose());
  const a = await open(t, server, 'a');
  const client = new Redis(server.port);
  t.after(() => client.disconnect());
  const beat = () =>
    client.hset(new Keys('t').boxes, 'b', `${Date.now()} ${JSON.stringify(recordOf('b'))}`);
  const knows = () => beat().then(() => a.get('b') !== null);
  await until('a knows b', knows);
  await until('b is dead', () => a.get('b') === null);
  let isTold = false;
  a.once('back', () => {
    isTold = true;
  });
  await until('a knows b again', knows);
  await until('it is told of', () => beat().then(() => isTold));
});

test('a store that is killed and started again empty is told of', async (t) => {
  const server = await RedisServer.start();
  t.after(() => server.dispose());
  const a = await open(t, server, 'a');
  const back = once(a, 'back');
  await server.kill();
  await server.start();
  await back;
});
