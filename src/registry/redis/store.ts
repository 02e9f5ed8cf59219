import { createHash } from 'node:crypto';
import { Cluster, type Redis } from 'ioredis';
import { messageOf, SupervisorError } from '../../errors.js';

/** A Redis, or a Redis Cluster. */
export type RedisClient = Redis | Cluster;

/** Keys that one SCAN call looks at. */
const SCAN_COUNT = 1000;
/** Keys that one MGET asks for. */
const MGET_COUNT = 500;
/** After a failure nobody waits for the store for so long: it is asked again then. */
const PAUSE_MS = 500;

/** Speaks to the store: scripts by their hash, errors as ours, and no queue of waiting clients. */
export class Store {
  readonly #client: RedisClient;
  readonly #now: () => number;
  readonly #hashes = new Map<string, string>();
  #pausedUntil = 0;

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

  /** Every key that begins with `prefix`, with its text. @throws ERR_REGISTRY_AWAY */
  all(prefix: string): Promise<Map<string, string>> {
    return this.#ask(async () => {
      const found = new Map<string, string>();
      const nodes = this.#client instanceof Cluster ? this.#client.nodes('master') : [this.#client];
      for (const node of nodes) {
        for await (const keys of scan(node, prefix)) {
          for (const [key, text] of await read(node, keys)) found.set(key, text);
        }
      }
      return found;
    });
  }

  /** Whether the last question was answered, or may be asked again. */
  get isAway(): boolean {
    return this.#now() < this.#pausedUntil;
  }

  async close(): Promise<void> {
    this.#client.disconnect();
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

async function* scan(node: Redis, prefix: string): AsyncGenerator<string[]> {
  const pattern = `${prefix.replace(/[*?[\]\\^]/g, '\\$&')}*`;
  let cursor = '0';
  do {
    const [next, keys] = await node.scan(cursor, 'MATCH', pattern, 'COUNT', SCAN_COUNT);
    cursor = next;
    yield keys;
  } while (cursor !== '0');
}

async function read(node: Redis, keys: readonly string[]): Promise<[string, string][]> {
  const found: [string, string][] = [];
  for (let start = 0; start < keys.length; start += MGET_COUNT) {
    const part = keys.slice(start, start + MGET_COUNT);
    const texts = await node.mget(...part);
    part.forEach((key, index) => {
      const text = texts[index];
      if (typeof text === 'string') found.push([key, text]);
    });
  }
  return found;
}

function away(reason: string, cause?: unknown): SupervisorError {
  const text = `registry: Redis does not answer: ${reason}`;
  return new SupervisorError('ERR_REGISTRY_AWAY', text, cause === undefined ? {} : { cause });
}
