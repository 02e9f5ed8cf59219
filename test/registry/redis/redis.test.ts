import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { Redis } from 'ioredis';
import RedisMock from 'ioredis-mock';
import { Keys } from '../../../src/registry/redis/keys.js';
import { RedisRegistry } from '../../../src/registry/redis/redis.js';
import { Store } from '../../../src/registry/redis/store.js';
import { RedisServer } from '../../helpers/redis.js';
import { key } from '../../helpers/stream-key.js';
import { type RegistryFixture, registryContract } from '../contract.js';
import { age } from './age.js';

/** No test takes so long: where it has to pass, the keys are made to age. */
const LEASE_MS = 60_000;
let server: RedisServer;
let prefixes = 0;
before(async () => {
  server = await RedisServer.start();
});
after(() => server.dispose());

function open(client: Redis, box: string, prefix: string, now = Date.now): RedisRegistry {
  const keys = new Keys(prefix);
  return new RedisRegistry({ store: new Store(client), keys, box, leaseMs: LEASE_MS, now });
}

async function fixture(connect: () => Redis): Promise<RegistryFixture> {
  const prefix = `t${prefixes++}`;
  const client = connect();
  let passed = 0;
  const now = () => Date.now() + passed;
  const registry = open(client, 'b1', prefix, now);
  const other = open(connect(), 'b1', prefix, now);
  const pass = async (ms: number) => {
    passed += ms;
    await age(client, prefix, ms);
  };
  const close = async () => {
    await registry.close();
    await other.close();
  };
  return { registry, other, leaseMs: LEASE_MS, pass, close };
}

registryContract('ioredis-mock', () => fixture(() => new RedisMock()));
registryContract('redis-server', () => fixture(() => new Redis(server.port)));

test('another box sees whose child it is, and cannot take it', async (t) => {
  const prefix = `t${prefixes++}`;
  const [one, two] = ['one', 'two'].map((box) => open(new Redis(server.port), box, prefix));
  assert.ok(one && two);
  t.after(() => Promise.all([one.close(), two.close()]));
  const own = { id: 'c001', generation: 1 };
  const won = await one.claim(key('v/a/s'), own);
  assert.deepEqual(won.owner, own);
  const seen = await two.claim(key('v/a/s'), own);
  assert.deepEqual(seen.owner, { ...own, box: 'one' });
  assert.equal(await two.release(key('v/a/s'), own), false);
  assert.deepEqual(await two.renew([key('v/a/s')], own), ['v/a/s']);
  assert.equal(await two.releaseAll(own), 0);
  assert.deepEqual((await one.find(key('v/a/s')))?.owner, own);
  // Of a box that is gone its claims can be taken away, if they are still the same.
  assert.equal(await two.release(key('v/a/s'), seen.owner), true);
});

test('a claim of another version is refused in one line', async (t) => {
  const client = new Redis(server.port);
  const registry = open(client, 'one', 'future');
  t.after(() => registry.close());
  await client.set(new Keys('future').claim('v/a/s'), '{"v":2,"who":"knows"}');
  await assert.rejects(registry.claim(key('v/a/s'), { id: 'c001', generation: 1 }), {
    code: 'ERR_REGISTRY',
    message: /^registry: the claim of v\/a\/s is not of our version: \{"v":2/,
  });
  assert.equal(await registry.find(key('v/a/s')), null);
});
