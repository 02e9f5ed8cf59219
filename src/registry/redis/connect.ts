import { setTimeout as delay } from 'node:timers/promises';
import { messageOf, SupervisorError } from '../../errors.js';
import { redact } from '../../logging/redact.js';
import { clientFor } from './client.js';
import type { RedisClient } from './store.js';
import { factsIn, reasonOf, unfitness } from './unfit.js';

/** Sentinels and nodes of a cluster are asked again and again until then. */
const START_MS = 10_000;

/**
 * Opens what the configuration names: `redis://` and `rediss://` for one server,
 * `redis+sentinel://host:port,host:port/name` and `redis+cluster://host:port,host:port` for several.
 * Rejects with ERR_CONFIG, in one line and within seconds, where it cannot be used.
 */
export async function connectRedis(url: string): Promise<{ client: RedisClient; version: string }> {
  const client = clientFor(url);
  const heard: string[] = [];
  const hear = (error: unknown) => heard.push(...messagesOf(error));
  client.on('error', hear).on('sentinelError', hear);
  const info = await inTime(open(client)).catch((error: unknown) => {
    hear(error);
    return null;
  });
  client.off('error', hear).off('sentinelError', hear);
  // Each command that fails says so itself; without a listener Node would end the process.
  client.on('error', () => {});
  const facts = factsIn(info ?? '');
  const reason = info === null ? reasonOf(heard) : unfitness(facts, url);
  if (reason === null) return { client, version: facts.version };
  client.disconnect();
  throw new SupervisorError(
    'ERR_CONFIG',
    `registry: cannot use ${redact(url)}: ${reason}; start it, mend the address, or set registry to memory`,
  );
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

/** A cluster's own error says that it failed, and the node's why. */
function messagesOf(error: unknown): string[] {
  const inner = (error as { lastNodeError?: unknown } | null)?.lastNodeError ?? null;
  return inner === null ? [messageOf(error)] : [messageOf(inner), messageOf(error)];
}
