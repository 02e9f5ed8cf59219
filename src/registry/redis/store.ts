import { createHash } from 'node:crypto';
import type { Cluster, Redis } from 'ioredis';
import { messageOf, SupervisorError } from '../../errors.js';

/** A Redis, or a Redis Cluster. */
export type RedisClient = Redis | Cluster;

/** After a failure nobody waits for the store for so long: it is asked again then. */
const PAUSE_MS = 500;

/** Speaks to the store: scripts by their hash, errors as ours, and no queue of waiting clients. */
export class Store {
  readonly #client: RedisClient;
  readonly #now: () => number;
  readonly #hashes = new Map<string, string>();
  #pausedUntil = 0;
  /** What else ends with it. */
  onClose: () => void = () => {};

  constructor(client: RedisClient, now: () => number = () => performance.now()) {
    this.#client = client;
    this.#now = now;
  }

  /** Runs a script; answers what it returns. @throws ERR_REGISTRY_AWAY */
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

  /** Whether the last question was answered, or may be asked again. */
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
      throw away(messageOf(error), error);
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

function away(reason: string, cause?: unknown): SupervisorError {
  const text = `registry: Redis does not answer: ${reason}`;
  return new SupervisorError('ERR_REGISTRY_AWAY', text, cause === undefined ? {} : { cause });
}
