import { COUNTERS, countersOf, type Place } from './shared-counts.js';

/** Seconds' worth of a burst: a page opens several connections at once. */
const BURST_SECONDS = 5n;
/** The clock's unit is a nanosecond. */
const SECOND = 1_000_000_000n;
/** First word: the rate. The counters follow. */
const RATE = 0;
const HEAD = 1;

/**
 * Limits how many clients of one address come in a second, on all threads together. Each address
 * has a token bucket, kept as the time at which the bucket is full again (GCRA), in the two
 * counters of its place: the earlier of both times holds, as `SharedCounts` has the lower count.
 * So memory is fixed, and there is nothing to evict.
 */
export class Arrivals {
  readonly memory: SharedArrayBuffer;
  readonly #words: BigInt64Array;
  readonly #now: () => bigint;

  /** `now`: nanoseconds of a monotonic clock that all threads share. */
  constructor(memory = memoryFor(), now = () => process.hrtime.bigint()) {
    this.memory = memory;
    this.#words = new BigInt64Array(memory);
    this.#now = now;
  }

  /** Clients of an address in a second; 0: no limit. */
  get perSecond(): number {
    return Number(Atomics.load(this.#words, RATE));
  }

  /** Sets the rate on all threads, with five seconds' worth of burst. */
  set perSecond(rate: number) {
    Atomics.store(this.#words, RATE, BigInt(rate));
  }

  /** Counts a client that comes; false if its address has come too often, then uncounted. */
  take(place: Place): boolean {
    const rate = Atomics.load(this.#words, RATE);
    if (rate === 0n) return true;
    const now = this.#now();
    const step = SECOND / rate;
    const latest = now + BURST_SECONDS * SECOND;
    const words = countersOf(place).map((counter) => HEAD + counter);
    const hasRoom = words.some((word) => Atomics.load(this.#words, word) + step <= latest);
    if (hasRoom) for (const word of words) this.#add(word, { now, step, latest });
    return hasRoom;
  }

  /** Two threads may add at once: neither client is lost. */
  #add(word: number, { now, step, latest }: Readonly<Record<'now' | 'step' | 'latest', bigint>>) {
    let seen = Atomics.load(this.#words, word);
    for (;;) {
      const due = (seen > now ? seen : now) + step;
      const found = Atomics.compareExchange(this.#words, word, seen, due > latest ? latest : due);
      if (found === seen) return;
      seen = found;
    }
  }
}

function memoryFor(): SharedArrayBuffer {
  return new SharedArrayBuffer(BigInt64Array.BYTES_PER_ELEMENT * (HEAD + 2 * COUNTERS));
}
