import { Cluster } from 'ioredis';
import type { RedisClient } from '../../../src/registry/redis/store.js';

/** Takes `ms` from the life of every key of a prefix, as if so much time had passed. */
export async function age(client: RedisClient, prefix: string, ms: number): Promise<void> {
  const nodes = client instanceof Cluster ? client.nodes('master') : [client];
  for (const node of nodes) {
    for (const key of await node.keys(`{${prefix}}:*`)) {
      const left = await node.pttl(key);
      if (left > ms) await node.pexpire(key, left - ms);
      else if (left >= 0) await node.del(key);
    }
  }
}
