import { createHash } from 'node:crypto';
import type { Cluster, Redis } from 'ioredis';
import { messageOf, SupervisorError } from '../../errors.js';

/** A Redis, or a Redis Cluster. */
export type RedisClient = Redis | Cluster;

/** Milliseconds after a failure during which commands fail at once. */
const PAUSE_MS = 500;

/** Runs commands and scripts (by hash), maps errors to ours, and never queues. */
export class Store {
  readonly #client: RedisClient;
  readonly #now: () => number;
  readonly #hashes = new Map<string, string>();
  #pausedUntil = 0;
  onClose: () => void = () => {};

  constructor(client: RedisClient, now: () => number = () => performance.now()) {
    this.#client = client;
    this.#now = now;
  }

  /** Runs a script and returns its result. @throws ERR_REGISTRY_AWAY */
  run(lua: string, keys: readonly string[], args: readonly (string | number)[]): Promise<unknown> {
    return this.#ask(async () => {
      const rest = [...keys, ...args];
      try {
        return await this.#client.evalsha(this.#hash(lua), keys.length, ...rest);
      } catch (error) {
        if (!messageOf(error).startsWith('NOSCRIPT')) throw error;
        return this.#client.eval(lua, keys.length, ...rest);
      }
    });
  }

  /** @throws ERR_REGISTRY_AWAY */
  get(key: string): Promise<string | null> {
    return this.#ask(() => this.#client.get(key));
  }

  /** True for a while after a failure: commands fail at once meanwhile. */
  get isAway(): boolean {
    return this.#now() < this.#pausedUntil;
  }

  async close(): Promise<void> {
    this.#client.disconnect();
    this.onClose();
  }

  async #ask<T>(question: () => Promise<T>): Promise<T> {
    if (this.isAway) throw away('it did not answer a moment ago');
    try {
      return await question();
    } catch (error) {
      this.#pausedUntil = this.#now() + PAUSE_MS;
      throw away(reasonOf(error), error);
    }
  }

  #hash(lua: string): string {
    const known = this.#hashes.get(lua);
    if (known !== undefined) return known;
    const hash = createHash('sha1').update(lua).digest('hex');
    this.#hashes.set(lua, hash);
    return hash;
  }
}

/** Plain words for what the client library says of itself. */
const CLIENT_REASONS: readonly (readonly [pattern: RegExp, reason: string])[] = [
  [/^(Stream isn't writeable|Connection is closed)/, 'there is no connection to it'],
  [/^(Command timed out|Reached the max retries)/, 'no answer in time'],
  [/^(None of startup nodes|Failed to refresh slots|Cluster isn't ready)/, 'no node of it answers'],
];

function reasonOf(error: unknown): string {
  const message = messageOf(error);
  return CLIENT_REASONS.find(([pattern]) => pattern.test(message))?.[1] ?? message;
}

function away(reason: string, cause?: unknown): SupervisorError {
  const text = `registry: Redis does not answer: ${reason}`;
  return new SupervisorError('ERR_REGISTRY_AWAY', text, cause === undefined ? {} : { cause });
}
