import { test } from 'node:test';
import fc from 'fast-check';
import { Redis } from 'ioredis';
import { MemoryRegistry } from '../../src/registry/memory.js';
import { Keys } from '../../src/registry/redis/keys.js';
import { RedisRegistry } from '../../src/registry/redis/redis.js';
import { Store } from '../../src/registry/redis/store.js';
import { RedisServer } from '../helpers/redis.js';
import { histories, RegistryModel } from './model.js';

const LEASE_MS = 1000;
const VERBS = ['claim', 'live', 'renew', 'release', 'releaseAll', 'find'] as const;

test('memory keeps to the model through 10,000 histories', async () => {
  await fc.assert(
    fc.asyncProperty(histories([...VERBS, 'pass']), async (steps) => {
      let now = 0;
      const registry = new MemoryRegistry({ now: () => now, leaseMs: LEASE_MS });
      const model = new RegistryModel(registry, LEASE_MS, (ms) => {
        now += ms;
      });
      for (const step of steps) await model.run(step);
      await model.check();
    }),
    { numRuns: 10_000 },
  );
});

test('Redis keeps to the model through some hundred', async (t) => {
  const server = await RedisServer.start();
  const client = new Redis(server.port);
  t.after(async () => {
    client.disconnect();
    await server.dispose();
  });
  let prefix = 0;
  await fc.assert(
    fc.asyncProperty(histories(VERBS), async (steps) => {
      const keys = new Keys(`t${prefix++}`);
      // Nothing ends here by itself: the server has a clock of its own.
      const options = { store: new Store(client), keys, box: 'b', leaseMs: 600_000 };
      const model = new RegistryModel(new RedisRegistry(options), LEASE_MS);
      for (const step of steps) await model.run(step);
      await model.check();
    }),
    { numRuns: 300 },
  );
});
