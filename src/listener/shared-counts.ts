import { randomInt } from 'node:crypto';
import { networkOf } from './client-address.js';

/** Where an address is counted: both its counters in one number. */
export type Place = number;

/** The place of a connection that is counted for no address. */
export const NO_ADDRESS: Place = -1;

/** Shared counts as they are handed to another thread. */
export interface CountsShare {
  /** Whose counts are added to: 0 is the thread that made them. */
  readonly member: number;
  readonly memory: SharedArrayBuffer;
  /** Of the two hashes of an address. */
  readonly seeds: readonly [number, number];
}

/** Counters of addresses in each of two rows, a power of 2. */
const COUNTERS = 2 ** 17;
/** What a member's part of the memory begins with, and how many words that is (a cache line). */
const OPEN = 0;
const OLDEST = 1;
const ASKED = 2;
/** Of the first member's part alone. */
const SHUT = 3;
const HEAD = 16;
const WORDS = HEAD + 2 * COUNTERS;

/**
 * Counts of connections that several threads keep together, in all and by address. Each thread adds to
 * counts of its own, and what counts is the sum of all: a thread that dies takes its part along.
 *
 * An address is counted twice, at the places that two keyed hashes name, and the lower count is its own
 * or more (a count-min sketch): nothing is locked, looked up or thrown away, and no table is ever
 * full, however many addresses come. To be counted too high by n, an address must share both counters
 * with others that have n: beside 100 such addresses, one of 1.7 million does.
 */
export class SharedCounts {
  readonly #share: CountsShare;
  readonly #words: Int32Array;
  /** Where this thread's part of the memory begins. */
  readonly #own: number;

  constructor(share: CountsShare) {
    this.#share = share;
    this.#words = new Int32Array(share.memory);
    this.#own = share.member * WORDS;
  }

  /** For so many threads, this one included. */
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

  /** Whether nobody may come any more. */
  get isShut(): boolean {
    return Atomics.load(this.#words, SHUT) === 1;
  }

  shut(): void {
    Atomics.store(this.#words, SHUT, 1);
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

  /** A connection that another thread has counted is this one's from here on. */
  adopt(place: Place, member: number): void {
    for (const word of [OPEN, ...wordsOf(place)]) {
      Atomics.add(this.#words, this.#own + word, 1);
      Atomics.sub(this.#words, member * WORDS + word, 1);
    }
  }

  /** A thread is no more: nor is anything that it has counted. */
  forget(member: number): void {
    this.#words.fill(0, member * WORDS, (member + 1) * WORDS);
  }

  /** Since when this thread's oldest pending client waits, any unit above 0; 0: it has none. */
  set oldest(since: number) {
    Atomics.store(this.#words, this.#own + OLDEST, since);
  }

  /** Who has the oldest pending client of all; null: nobody has any. */
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

  /** Asks a member to close one pending client; answers whether it does not know of that yet. */
  ask(member: number): boolean {
    return Atomics.add(this.#words, member * WORDS + ASKED, 1) === 0;
  }

  /** How many this thread was asked to close, which it knows now. */
  takeAsked(): number {
    return Atomics.exchange(this.#words, this.#own + ASKED, 0);
  }

  #sum(word: number): number {
    let sum = 0;
    for (let at = word; at < this.#words.length; at += WORDS) sum += Atomics.load(this.#words, at);
    return sum;
  }
}

function wordsOf(place: Place): readonly number[] {
  if (place === NO_ADDRESS) return [];
  return [HEAD + Math.floor(place / COUNTERS), HEAD + COUNTERS + (place % COUNTERS)];
}

/** FNV-1a from a seed that nobody knows, and MurmurHash3's last steps, to below COUNTERS. */
function hash(text: string, seed: number): number {
  let sum = seed ^ 0x811c9dc5;
  for (let at = 0; at < text.length; at += 1) {
    sum = Math.imul(sum ^ text.charCodeAt(at), 0x01000193);
  }
  sum = Math.imul(sum ^ (sum >>> 16), 0x85ebca6b);
  sum = Math.imul(sum ^ (sum >>> 13), 0xc2b2ae35);
  return (sum ^ (sum >>> 16)) & (COUNTERS - 1);
}
