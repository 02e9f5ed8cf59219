import { randomInt } from 'node:crypto';
import { networkOf } from './client-address.js';

/** Position of an address in the counts: both its counters in one number. */
export type Place = number;

/** Place of a connection that is counted for no address. */
export const NO_ADDRESS: Place = -1;

/** Shared counts in the form for another thread. */
export interface CountsShare {
  /** Number of the thread that counts; 0 is the thread that made the counts. */
  readonly member: number;
  readonly memory: SharedArrayBuffer;
  /** Seeds of the two hashes of an address. */
  readonly seeds: readonly [number, number];
}

/** Counters in each of two rows, a power of 2. */
export const COUNTERS = 2 ** 17;
/** First words of a thread's part of the memory, and their number (one cache line). */
const OPEN = 0;
const OLDEST = 1;
const ASKED = 2;
const PENDING = 3;
/** Used in the first member's part only. */
const SHUT = 4;
const LIMIT = 5;
const LIMIT_PER_IP = 6;
const HEAD = 16;
const WORDS = HEAD + 2 * COUNTERS;

/**
 * Counts of connections that several threads keep together, in all and by address. Each thread adds
 * to its own counts, and the sum of all is compared with limits; the counts of a thread that ends
 * are removed.
 *
 * An address is counted in two places, which two keyed hashes name, and the lower count is its own
 * or more (a count-min sketch): there are no locks, no lookups and no evictions, and the table is
 * never full. An address is counted too high by n only if it shares both counters with others that
 * have n: beside 100 such addresses, one in 1.7 million does.
 */
export class SharedCounts {
  readonly #share: CountsShare;
  readonly #words: Int32Array;
  /** First word of this thread's part. */
  readonly #own: number;

  constructor(share: CountsShare) {
    this.#share = share;
    this.#words = new Int32Array(share.memory);
    this.#own = share.member * WORDS;
  }

  /** Makes counts for a number of threads, this one included. */
  static make(members: number): SharedCounts {
    const memory = new SharedArrayBuffer(4 * members * WORDS);
    const seeds = [randomInt(2 ** 32), randomInt(2 ** 32)] as const;
    return new SharedCounts({ member: 0, memory, seeds });
  }

  share(member: number): CountsShare {
    return { ...this.#share, member };
  }

  get member(): number {
    return this.#share.member;
  }

  /** Connections of all threads. */
  get open(): number {
    return this.#sum(OPEN);
  }

  /** Pending clients of all threads. */
  get pending(): number {
    return this.#sum(PENDING);
  }

  addPending(count: number): void {
    Atomics.add(this.#words, this.#own + PENDING, count);
  }

  /** True if nobody is admitted any more. */
  get isShut(): boolean {
    return Atomics.load(this.#words, SHUT) === 1;
  }

  shut(): void {
    Atomics.store(this.#words, SHUT, 1);
  }

  /** Most connections of all threads. */
  get limit(): number {
    return Atomics.load(this.#words, LIMIT);
  }

  /** Most connections of an address; 0: no limit. */
  get limitPerIp(): number {
    return Atomics.load(this.#words, LIMIT_PER_IP);
  }

  setLimits(all: number, perIp: number): void {
    Atomics.store(this.#words, LIMIT, all);
    Atomics.store(this.#words, LIMIT_PER_IP, perIp);
  }

  addOpen(count: number): void {
    Atomics.add(this.#words, this.#own + OPEN, count);
  }

  placeOf(ip: string): Place {
    const key = networkOf(ip);
    const [first, second] = this.#share.seeds;
    return hash(key, first) * COUNTERS + hash(key, second);
  }

  /** Connections of an address on all threads. */
  countAt(place: Place): number {
    return Math.min(...wordsOf(place).map((word) => this.#sum(word)));
  }

  addAt(place: Place, count: number): void {
    for (const word of wordsOf(place)) Atomics.add(this.#words, this.#own + word, count);
  }

  /** Takes over a connection that another thread has counted. */
  adopt(place: Place, member: number): void {
    for (const word of [OPEN, ...wordsOf(place)]) {
      Atomics.add(this.#words, this.#own + word, 1);
      Atomics.sub(this.#words, member * WORDS + word, 1);
    }
  }

  /** Removes the counts of a thread that has ended. */
  forget(member: number): void {
    this.#words.fill(0, member * WORDS, (member + 1) * WORDS);
  }

  /**
   * Time since which this thread's oldest pending client waits, in any unit above 0; 0: there is
   * none.
   */
  set oldest(since: number) {
    Atomics.store(this.#words, this.#own + OLDEST, since);
  }

  /** Returns the thread with the oldest pending client; null: there is none. */
  memberOfOldest(): number | null {
    let oldest = Number.POSITIVE_INFINITY;
    let found: number | null = null;
    for (let at = 0; at < this.#words.length; at += WORDS) {
      const since = Atomics.load(this.#words, at + OLDEST);
      if (since === 0 || since >= oldest) continue;
      oldest = since;
      found = at / WORDS;
    }
    return found;
  }

  /** Requests that a member closes one pending client; true if it has to be told. */
  ask(member: number): boolean {
    return Atomics.add(this.#words, member * WORDS + ASKED, 1) === 0;
  }

  /** Takes the number of clients that this thread is requested to close. */
  takeAsked(): number {
    return Atomics.exchange(this.#words, this.#own + ASKED, 0);
  }

  #sum(word: number): number {
    let sum = 0;
    for (let at = word; at < this.#words.length; at += WORDS) sum += Atomics.load(this.#words, at);
    return sum;
  }
}

/** Returns the two counters of a place, in a table of two rows. */
export function countersOf(place: Place): readonly [number, number] {
  return [Math.floor(place / COUNTERS), COUNTERS + (place % COUNTERS)];
}

function wordsOf(place: Place): readonly number[] {
  return place === NO_ADDRESS ? [] : countersOf(place).map((counter) => HEAD + counter);
}

/** FNV-1a from a secret seed, then MurmurHash3's final steps; below COUNTERS. */
function hash(text: string, seed: number): number {
  let sum = seed ^ 0x811c9dc5;
  for (let at = 0; at < text.length; at += 1) {
    sum = Math.imul(sum ^ text.charCodeAt(at), 0x01000193);
  }
  sum = Math.imul(sum ^ (sum >>> 16), 0x85ebca6b);
  sum = Math.imul(sum ^ (sum >>> 13), 0xc2b2ae35);
  return (sum ^ (sum >>> 16)) & (COUNTERS - 1);
}
