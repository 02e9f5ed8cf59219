import { setTimeout as delay } from 'node:timers/promises';
import { Redis } from 'ioredis';
import { SupervisorError } from '../../errors.js';
import { type Logger, silentLogger } from '../../logging/logger.js';
import { redact } from '../../logging/redact.js';
import { type Login, type RedisAddress, readAddress } from './address.js';
import { clientFor, masterName, plainClient } from './client.js';
import { Follower } from './follower.js';
import { loginsOf } from './logins.js';
import type { RedisClient } from './store.js';
import { factsIn, reasonOf, unfitness } from './unfit.js';

/** Milliseconds for which Sentinels and cluster nodes are tried. */
const START_MS = 10_000;

export interface ConnectOptions {
  /** Login at Sentinels, `user:password` or `:password`; null (default): see `loginsOf`. */
  readonly sentinelAuth?: string | null;
  readonly logger?: Logger;
}

export interface Connected {
  readonly client: RedisClient;
  readonly version: string;
  /** Follower of the Sentinels' master; null without Sentinels. */
  readonly follower: Follower | null;
  /** Closes all connections. */
  readonly close: () => void;
}

/**
 * Connects to the configured registry: `redis://` or `rediss://` for one server,
 * `redis+sentinel://host:port,host:port/name` or `redis+cluster://host:port,host:port` for several,
 * both with `rediss+` for TLS. If it is unusable, rejects within seconds with ERR_CONFIG in one
 * line.
 */
export async function connectRedis(
  url: string,
  { sentinelAuth = null, logger = silentLogger }: ConnectOptions = {},
): Promise<Connected> {
  const named = readAddress(url);
  const { servers, sentinels } = await loginsOf(named, sentinelAuth);
  const address = { ...named, login: servers };
  const client = clientFor(url, address, sentinels);
  const heard: string[] = [];
  const hear = (error: unknown) => heard.push(...messagesOf(error));
  client.on('error', hear).on('sentinelError', hear);
  const info = await inTime(open(client)).catch((error: unknown) => {
    hear(error);
    return null;
  });
  client.off('error', hear).off('sentinelError', hear);
  // Each failed command reports its error; without a listener Node would end the process.
  client.on('error', () => {});
  const facts = factsIn(info ?? '');
  const reason = info === null ? reasonOf(heard) : unfitness(facts, url);
  if (reason === null) {
    const follower = followerOf(client, { address, sentinels, logger });
    const close = () => {
      follower?.close();
      client.disconnect();
    };
    return { client, version: facts.version, follower, close };
  }
  client.disconnect();
  throw new SupervisorError(
    'ERR_CONFIG',
    `registry: cannot use ${redact(url)}: ${reason}; start it, mend the address, or set registry to memory`,
  );
}

function followerOf(
  client: RedisClient,
  parts: { address: RedisAddress; sentinels: Login; logger: Logger },
): Follower | null {
  const { address, sentinels: login, logger } = parts;
  const { kind, endpoints, isTls, path } = address;
  if (kind !== 'sentinel' || !(client instanceof Redis)) return null;
  const sentinels = endpoints.map((endpoint) => plainClient(endpoint, login, isTls));
  return new Follower({ client, sentinels, name: masterName(path), logger });
}

async function open(client: RedisClient): Promise<string> {
  await client.connect();
  return client.info();
}

async function inTime<T>(work: Promise<T>): Promise<T> {
  const done = new AbortController();
  const late = delay(START_MS, null, { signal: done.signal }).then(() => {
    throw new Error(`it is not ready after ${START_MS} ms`);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    done.abort();
  }
}

/** Returns a node's error before the cluster's own, which only says that all nodes failed. */
function messagesOf(error: unknown): string[] {
  const inner = (error as { lastNodeError?: unknown } | null)?.lastNodeError ?? null;
  return inner === null ? [textOf(error)] : [textOf(inner), textOf(error)];
}

/** The library's own text, which `unfit.ts` knows. */
function textOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
