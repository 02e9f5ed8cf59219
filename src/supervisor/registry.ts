import type { Config } from '../config/config.js';
import type { Logger } from '../logging/logger.js';
import { MemoryRegistry } from '../registry/memory.js';
import { Boxes, type BoxRecord } from '../registry/redis/boxes.js';
import { connectRedis } from '../registry/redis/connect.js';
import { Keys } from '../registry/redis/keys.js';
import { RedisRegistry } from '../registry/redis/redis.js';
import { Store } from '../registry/redis/store.js';
import type { Registry } from '../registry/registry.js';
import { randomSigns } from '../system/random-signs.js';
import type { Listeners } from './listeners.js';
import { outsideAddress } from './outside-address.js';

/** Silence tells that a box is dead, so that claims need not be renewed often. */
const LEASE_MS = 5 * 60_000;
const RENEW_MS = 90_000;

/** The registry, and the other boxes that share it. */
export interface SharedMap {
  readonly registry: Registry;
  /** Null: there are none. */
  readonly boxes: Boxes | null;
  readonly renewMs?: number;
  /** The id of this life of this box for the others; null: there are none. */
  readonly box: string | null;
}

/**
 * Opens the configured registry; `kept`: the box id to go on with. Rejects with ERR_CONFIG if it
 * cannot be used.
 */
export async function openMap(
  { registry: url, cluster }: Config,
  record: () => BoxRecord,
  logger: Logger,
  kept: string | null,
): Promise<SharedMap> {
  if (url === 'memory') return { registry: new MemoryRegistry(), boxes: null, box: null };
  const { sentinelAuth } = cluster;
  const { client, follower } = await connectRedis(url, { sentinelAuth, logger });
  const store = new Store(client);
  store.onClose = () => follower?.close();
  const keys = new Keys(cluster.prefix);
  // A later run of this box has other children under the same ids.
  const box = kept ?? `${record().serverId}.${randomSigns(8)}`;
  const registry = new RedisRegistry({ store, keys, box, leaseMs: LEASE_MS });
  const boxes = new Boxes({ store, keys, box, record, logger });
  if (follower !== null) follower.onMoved = () => boxes.moved();
  return { registry, boxes, box, renewMs: RENEW_MS };
}

/** Returns what this box tells the others; the port of a closed listener is 0. */
export function boxRecord(config: Config, serverId: string, listeners: Listeners): BoxRecord {
  const port = (name: string) => listeners.address(name)?.port ?? 0;
  const ports = { rtmp: port('rtmp'), http: port('http'), api: port('api') };
  const media = { rtc: port('rtc'), srt: port('srt') };
  return {
    v: 1,
    host: ownHost(config),
    ports: { ...ports, ...media, peer: port('peer') },
    serverId,
  };
}

/** Returns our address for other boxes: as configured, else the first that is not loopback. */
function ownHost({ cluster }: Pick<Config, 'cluster'>): string {
  if (cluster.address !== 'auto') return cluster.address;
  return outsideAddress();
}
