import { Cluster, Redis, type RedisOptions } from 'ioredis';
import { messageOf, SupervisorError } from '../../errors.js';
import type { RedisClient } from './store.js';

const CONNECT_MS = 3000;
/** A store that takes longer counts as away: clients are waiting. */
const COMMAND_MS = 1000;
const MAX_RETRY_MS = 1000;
/** What our scripts need: effects replication, and `TIME` before writes. */
const LEAST_MAJOR = 5;

/**
 * Opens what the configuration names: `redis://` and `rediss://` for one server,
 * `redis+sentinel://host:port,host:port/name` and `redis+cluster://host:port,host:port` for several.
 * Rejects with ERR_CONFIG, in one line, where it cannot be used.
 */
export async function connectRedis(url: string): Promise<{ client: RedisClient; version: string }> {
  const client = clientFor(url);
  let last: unknown = null;
  // Told by each command that fails; without a listener Node would end the process.
  client.on('error', (error: unknown) => {
    last = error;
  });
  try {
    await client.connect();
    const version = versionIn(await client.info('server'));
    if (Number.parseInt(version, 10) >= LEAST_MAJOR) return { client, version };
    throw new Error(`version ${version} is too old, ${LEAST_MAJOR} or later is needed`);
  } catch (error) {
    client.disconnect();
    throw new SupervisorError(
      'ERR_CONFIG',
      `registry: cannot use ${withoutPassword(url)}: ${reasonOf(last ?? error)}; start it, mend the address, or set registry to memory`,
      { cause: error },
    );
  }
}

/** The address without its password, for people. */
export function withoutPassword(url: string): string {
  return url.replace(/\/\/[^/@]*@/, '//***@');
}

function clientFor(url: string): RedisClient {
  const { protocol, hosts, login, path } = partsOf(url);
  const options: RedisOptions = {
    lazyConnect: true,
    connectTimeout: CONNECT_MS,
    commandTimeout: COMMAND_MS,
    // Nobody waits in a queue for a store that is away.
    enableOfflineQueue: false,
    maxRetriesPerRequest: 0,
    retryStrategy: (attempt) => Math.min(50 * attempt, MAX_RETRY_MS),
  };
  if (protocol === 'redis+sentinel') {
    const role = { sentinels: hosts, name: path || 'mymaster', enableOfflineQueue: true };
    return new Redis({ ...options, ...login, ...role });
  }
  if (protocol === 'redis+cluster') {
    const { lazyConnect, retryStrategy: _, ...redisOptions } = { ...options, ...login };
    const clusterRetryStrategy = (attempt: number) => Math.min(50 * attempt, MAX_RETRY_MS);
    const cluster = { redisOptions, clusterRetryStrategy, enableOfflineQueue: false };
    return new Cluster(hosts, { ...cluster, lazyConnect: lazyConnect ?? true });
  }
  return new Redis(url, options);
}

interface UrlParts {
  readonly protocol: string;
  readonly hosts: { host: string; port: number }[];
  readonly login: { username?: string; password?: string };
  readonly path: string;
}

function partsOf(url: string): UrlParts {
  const [, protocol = '', login, list = '', path = ''] =
    /^([a-z+]+):\/\/(?:([^@]*)@)?([^/]*)\/?(.*)$/.exec(url) ?? [];
  const hosts = list.split(',').map((entry) => {
    const { hostname, port } = new URL(`redis://${entry}`);
    return { host: hostname.replace(/^\[(.*)\]$/, '$1'), port: Number(port || 6379) };
  });
  const [username = '', password = ''] = (login ?? '').split(':').map(decodeURIComponent);
  const named = username === '' ? {} : { username };
  return { protocol, hosts, login: password === '' ? {} : { ...named, password }, path };
}

function versionIn(info: string): string {
  return /^redis_version:(\S+)/m.exec(info)?.[1] ?? 'unknown';
}

/** Without a password Redis lets one connect, and refuses what follows. */
function reasonOf(error: unknown): string {
  const text = messageOf(error);
  if (/^(NOAUTH|WRONGPASS|NOPERM|ERR invalid password)/.test(text))
    return `it refuses us (${text})`;
  return text;
}
