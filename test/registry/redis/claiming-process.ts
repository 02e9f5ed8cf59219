/** One box of `race.test.ts`: claims a stream for many children at once, and tells who has it. */
import { Redis } from 'ioredis';
import { Keys } from '../../../src/registry/redis/keys.js';
import { RedisRegistry } from '../../../src/registry/redis/redis.js';
import { Store } from '../../../src/registry/redis/store.js';
import { key } from '../../helpers/stream-key.js';

const [port = '', box = '', claims = ''] = process.argv.slice(2);
const client = new Redis(Number(port));
const store = new Store(client);
const registry = new RedisRegistry({ store, keys: new Keys('race'), box, leaseMs: 60_000 });

process.once('message', async () => {
  const owners = Array.from({ length: Number(claims) }, (_, at) => ({
    id: `c${at}`,
    generation: 1,
  }));
  const won = await Promise.all(owners.map((owner) => registry.claim(key('v/a/s'), owner)));
  const winners = won.map(({ owner }) => `${owner.box ?? box} ${owner.id}`);
  process.send?.([...new Set(winners)], () => client.disconnect());
});
await client.ping();
process.send?.('ready');
