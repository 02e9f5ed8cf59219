import { SupervisorError } from '../../errors.js';
import type { OwnerRef } from '../../owner.js';
import type { StreamKey } from '../../stream-key.js';
import type { Claim, Registry } from '../registry.js';
import { claimText, LIVE, ownerText, readClaim } from './claim-text.js';
import type { Keys } from './keys.js';
import { SCRIPTS } from './scripts.js';
import type { Store } from './store.js';

export interface RedisOptions {
  readonly store: Store;
  readonly keys: Keys;
  /** Id of this life of this box, which tells its children from those of other boxes. */
  readonly box: string;
  readonly leaseMs: number;
  /** Milliseconds since 1970. */
  readonly now?: () => number;
}

/** The map of several boxes, in Redis. Every verb is one command, for any number of streams. */
export class RedisRegistry implements Registry {
  readonly #store: Store;
  readonly #keys: Keys;
  readonly #box: string;
  readonly #leaseMs: number;
  readonly #now: () => number;

  constructor({ store, keys, box, leaseMs, now = Date.now }: RedisOptions) {
    this.#store = store;
    this.#keys = keys;
    this.#box = box;
    this.#leaseMs = leaseMs;
    this.#now = now;
  }

  async find(stream: StreamKey): Promise<Claim | null> {
    const text = await this.#store.get(this.#keys.claim(stream));
    return text === null ? null : readClaim(stream, text, this.#box);
  }

  async claim(stream: StreamKey, owner: OwnerRef, live = false): Promise<Claim> {
    const wanted = { owner, since: this.#now(), ...(live ? { live: true as const } : {}) };
    const text = claimText(wanted, this.#box);
    const keys = [this.#keys.claim(stream), this.#held(owner)];
    const args = [text, this.#leaseMs, stream, this.#ownerText(owner), LIVE];
    const winner = await this.#store.run(SCRIPTS.claim, keys, args);
    const claim = readClaim(stream, String(winner), this.#box);
    if (claim === null) throw unreadable(stream, String(winner));
    return claim;
  }

  async renew(streams: readonly StreamKey[], owner: OwnerRef): Promise<StreamKey[]> {
    if (streams.length === 0) return [];
    const keys = [this.#held(owner), ...streams.map((stream) => this.#keys.claim(stream))];
    const args = [this.#ownerText(owner), this.#leaseMs];
    const lost = String(await this.#store.run(SCRIPTS.renew, keys, args));
    return lost.split(' ').flatMap((place) => (place === '' ? [] : (streams[Number(place)] ?? [])));
  }

  async release(stream: StreamKey, owner: OwnerRef): Promise<boolean> {
    const keys = [this.#keys.claim(stream), this.#held(owner)];
    const args = [this.#ownerText(owner), stream, this.#childText(owner)];
    return (await this.#store.run(SCRIPTS.release, keys, args)) === 1;
  }

  async releaseAll(owner: OwnerRef): Promise<number> {
    const args = [this.#keys.claims, this.#childText(owner), owner.generation];
    return Number(await this.#store.run(SCRIPTS.releaseAll, [this.#held(owner)], args));
  }

  close(): Promise<void> {
    return this.#store.close();
  }

  #held({ id, box = this.#box }: OwnerRef): string {
    return this.#keys.held(box, id);
  }

  /** Returns the owner's text without its generation. */
  #childText(owner: OwnerRef): string {
    return this.#ownerText(owner).slice(0, -`${owner.generation},`.length);
  }

  #ownerText(owner: OwnerRef): string {
    return ownerText(owner, owner.box ?? this.#box);
  }
}

function unreadable(stream: StreamKey, text: string): SupervisorError {
  return new SupervisorError(
    'ERR_REGISTRY',
    `registry: the claim of ${stream} is not of our version: ${text.slice(0, 80)}: delete the key, or give this box another prefix`,
  );
}
