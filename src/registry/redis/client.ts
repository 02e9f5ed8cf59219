import { Cluster, type CommonRedisOptions, Redis } from 'ioredis';
import type { Login, RedisAddress, RedisEndpoint } from './address.js';
import type { RedisClient } from './store.js';

/** Milliseconds until a command counts as failed; clients wait for it. */
const COMMAND_MS = 1000;
const CONNECT_MS = 3000;
/** Milliseconds of silence until a connection is replaced: TCP alone would wait for minutes. */
const SILENT_MS = 3000;
const MAX_RETRY_MS = 1000;

const OPTIONS: CommonRedisOptions = {
  lazyConnect: true,
  connectTimeout: CONNECT_MS,
  commandTimeout: COMMAND_MS,
  socketTimeout: SILENT_MS,
  // Commands fail at once while the store is away, instead of queueing.
  enableOfflineQueue: false,
  maxRetriesPerRequest: 0,
  retryStrategy: retryMs,
  reconnectOnError: isReplica,
};

/** Makes a client for the configured address, not connected yet; see `connectRedis`. */
export function clientFor(url: string, address: RedisAddress, sentinels: Login): RedisClient {
  const { kind, endpoints, login, path, isTls } = address;
  const hosts = endpoints.map((one) => ({ ...one }));
  const tls = isTls ? { tls: {} } : {};
  if (kind === 'sentinel') {
    // ioredis' failoverDetector is not used: if it fires during a reconnect, the client ends for
    // good (5.11).
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

/** Makes a client for one server or Sentinel, not connected yet. */
export function plainClient(endpoint: RedisEndpoint, login: Login, isTls: boolean): Redis {
  const tls = isTls ? { tls: {} } : {};
  const client = new Redis({
    ...OPTIONS,
    ...endpoint,
    ...login,
    ...tls,
    // A Sentinel's user may be allowed to ask for the master and nothing else.
    enableReadyCheck: false,
  });
  // Each failed command reports its error; without a listener Node would end the process.
  return client.on('error', () => {});
}

/** Returns the master's name; the name in Sentinel's default config if the address has none. */
export function masterName(path: string): string {
  return path || 'mymaster';
}

function retryMs(attempt: number): number {
  return Math.min(50 * attempt, MAX_RETRY_MS);
}

/**
 * Reports whether a replica answered: after a failover the client must reconnect to find the
 * master.
 */
function isReplica(error: Error): boolean {
  return error.message.includes('READONLY');
}
