import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { Cluster } from 'ioredis';
import { Boxes } from '../../../src/registry/redis/boxes.js';
import { connectRedis } from '../../../src/registry/redis/connect.js';
import { Keys } from '../../../src/registry/redis/keys.js';
import { RedisRegistry } from '../../../src/registry/redis/redis.js';
import { Store } from '../../../src/registry/redis/store.js';
import { RedisClusterSetup } from '../../helpers/redis-cluster.js';
import { type RegistryFixture, registryContract } from '../contract.js';
import { age } from './age.js';

/** No test takes so long: where it has to pass, the keys are made to age. */
const LEASE_MS = 60_000;
let setup: RedisClusterSetup;
let prefixes = 0;
before(async () => {
  setup = await RedisClusterSetup.start();
});
after(() => setup?.dispose());

async function fixture(): Promise<RegistryFixture> {
  // Each prefix is a slot of its own: over the tests every node has its turn.
  const prefix = `t${prefixes++}`;
  const keys = new Keys(prefix);
  let passed = 0;
  const now = () => Date.now() + passed;
  // Not as connectRedis has them: a busy machine may need more than a client's second.
  const connect = () => new Cluster(setup.nodes);
  const open = (client: Cluster) =>
    new RedisRegistry({ store: new Store(client), keys, box: 'b1', leaseMs: LEASE_MS, now });
  const client = connect();
  const [registry, other] = [open(client), open(connect())];
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

registryContract('Redis Cluster', fixture);

test('boxes find each other in a Redis Cluster', async (t) => {
  const record = { v: 1, host: '127.0.0.1', serverId: 'any' } as const;
  const ports = { rtmp: 1, http: 2, api: 3, rtc: 4, srt: 5, peer: 6 };
  const openBoxes = async (box: string) => {
    const store = new Store((await connectRedis(setup.url)).client);
    t.after(() => store.close());
    const boxes = new Boxes({
      store,
      keys: new Keys('t'),
      box,
      record: () => ({ ...record, ports }),
    });
    await boxes.start();
    return boxes;
  };
  const a = await openBoxes('a');
  const b = await openBoxes('b');
  assert.deepEqual([...b.list().keys()], ['a']);
  await b.close();
  await a.close();
});
