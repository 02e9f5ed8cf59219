import { Cluster, type CommonRedisOptions, Redis } from 'ioredis';
import type { RedisClient } from './store.js';

/** A question to a store that takes longer counts as not answered: clients are waiting. */
const COMMAND_MS = 1000;
const CONNECT_MS = 3000;
/** A connection on which nothing comes back is made anew: TCP alone would go on for minutes. */
const SILENT_MS = 3000;
const MAX_RETRY_MS = 1000;

/** A client for what the configuration names, not connected yet; see `connectRedis`. */
export function clientFor(url: string): RedisClient {
  const { protocol, hosts, login, path } = partsOf(url);
  const options: CommonRedisOptions = {
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
  if (protocol === 'redis+sentinel') {
    // Not ioredis' failoverDetector: where it speaks up amid a reconnect, the client ends for good (5.11).
    const watch = { sentinelCommandTimeout: COMMAND_MS, sentinelRetryStrategy: retryMs };
    const role = { sentinels: hosts, name: path || 'mymaster', enableOfflineQueue: true };
    return new Redis({ ...options, ...login, ...role, ...watch });
  }
  if (protocol === 'redis+cluster') {
    const { lazyConnect: _, retryStrategy: __, ...redisOptions } = { ...options, ...login };
    const cluster = { redisOptions, clusterRetryStrategy: retryMs, enableOfflineQueue: false };
    return new Cluster(hosts, { ...cluster, lazyConnect: true });
  }
  return new Redis(url, options);
}

function retryMs(attempt: number): number {
  return Math.min(50 * attempt, MAX_RETRY_MS);
}

/** After a failover the address may lead to the new master, or the master be another address. */
function isReplica(error: Error): boolean {
  return error.message.includes('READONLY');
}

interface UrlParts {
  readonly protocol: string;
  readonly hosts: { host: string; port: number }[];
  readonly login: { username?: string; password?: string };
  readonly path: string;
}

function partsOf(url: string): UrlParts {
  const [, protocol = '', login, list = '', path = ''] =
    /^([a-z+]+):\/\/(?:([^@]*)@)?([^/]*)\/?(.*)$/s.exec(url) ?? [];
  const hosts = list.split(',').map((entry) => {
    const { hostname, port } = new URL(`redis://${entry}`);
    return { host: hostname.replace(/^\[(.*)\]$/, '$1'), port: Number(port || 6379) };
  });
  const [username = '', password = ''] = (login ?? '').split(':').map(decodeURIComponent);
  const named = username === '' ? {} : { username };
  return { protocol, hosts, login: password === '' ? {} : { ...named, password }, path };
}
