import { Cluster, type CommonRedisOptions, Redis } from 'ioredis';
import type { Login, RedisAddress, RedisEndpoint } from './address.js';
import type { RedisClient } from './store.js';

/** A question to a store that takes longer counts as not answered: clients are waiting. */
const COMMAND_MS = 1000;
const CONNECT_MS = 3000;
/** A connection on which nothing comes back is made anew: TCP alone would go on for minutes. */
const SILENT_MS = 3000;
const MAX_RETRY_MS = 1000;

const OPTIONS: CommonRedisOptions = {
  lazyConnect: true,
  connectTimeout: CONNECT_MS,
  commandTimeout: COMMAND_MS,
  socketTimeout: SILENT_MS,
  // Nobody waits in a queue for a store that is away.
  enableOfflineQueue: false,
  maxRetriesPerRequest: 0,
  retryStrategy: retryMs,
  reconnectOnError: isReplica,
};

/** A client for what the configuration names, not connected yet; see `connectRedis`. */
export function clientFor(url: string, address: RedisAddress, sentinels: Login): RedisClient {
  const { kind, endpoints, login, path, isTls } = address;
  const hosts = endpoints.map((one) => ({ ...one }));
  const tls = isTls ? { tls: {} } : {};
  if (kind === 'sentinel') {
    // Not ioredis' failoverDetector: where it speaks up amid a reconnect, the client ends for good (5.11).
    const watch = { sentinelCommandTimeout: COMMAND_MS, sentinelRetryStrategy: retryMs };
    const role = { sentinels: hosts, name: masterName(path), enableOfflineQueue: true };
    const { username, password } = sentinels;
    const theirs = {
      ...(username === undefined ? {} : { sentinelUsername: username }),
      ...(password === undefined ? {} : { sentinelPassword: password }),
      ...(isTls ? { sentinelTLS: {}, enableTLSForSentinelMode: true } : {}),
    };
    return new Redis({ ...OPTIONS, ...login, ...tls, ...role, ...watch, ...theirs });
  }
  if (kind === 'cluster') {
    const { lazyConnect: _, retryStrategy: __, ...redisOptions } = { ...OPTIONS, ...login, ...tls };
    const cluster = { redisOptions, clusterRetryStrategy: retryMs, enableOfflineQueue: false };
    return new Cluster(hosts, { ...cluster, lazyConnect: true });
  }
  return new Redis(url, OPTIONS);
}

/** A client for one server or Sentinel alone, not connected yet. */
export function plainClient(endpoint: RedisEndpoint, login: Login, isTls: boolean): Redis {
  const tls = isTls ? { tls: {} } : {};
  const client = new Redis({
    ...OPTIONS,
    ...endpoint,
    ...login,
    ...tls,
    // A Sentinel's user may ask it for its master, and for nothing else.
    enableReadyCheck: false,
  });
  // Each command that fails says so itself; without a listener Node would end the process.
  return client.on('error', () => {});
}

/** What the address calls the master; as Sentinel's own example has it where it does not. */
export function masterName(path: string): string {
  return path || 'mymaster';
}

function retryMs(attempt: number): number {
  return Math.min(50 * attempt, MAX_RETRY_MS);
}

/** After a failover the address may lead to the new master, or the master be another address. */
function isReplica(error: Error): boolean {
  return error.message.includes('READONLY');
}
