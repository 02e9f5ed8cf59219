/** Most entries, bytes and milliseconds that a ring keeps. */
export interface RingLimits {
  readonly entries: number;
  readonly bytes: number;
  readonly ageMs: number;
}

/** An entry of a ring. */
export interface RingEntry {
  /** Higher than that of every earlier entry. */
  readonly number: number;
  /** Milliseconds since 1970. */
  readonly at: number;
  readonly bytes: number;
}

/** Removed entries that stay in the array until it is shortened. */
const SLACK = 256;

/** The last entries, bounded by number, bytes and age. */
export class Ring<T extends RingEntry> {
  readonly #limits: RingLimits;
  #entries: T[] = [];
  /** Index of the oldest entry. */
  #first = 0;
  #bytes = 0;
  #lost = 0;

  constructor(limits: RingLimits) {
    this.#limits = limits;
  }

  /** Number of the newest entry that was removed; 0: none was. */
  get lost(): number {
    return this.#lost;
  }

  get size(): number {
    return this.#entries.length - this.#first;
  }

  add(entry: T): void {
    this.#entries.push(entry);
    this.#bytes += entry.bytes;
    this.trim(entry.at);
  }

  /** Removes what is above the limits at that time, in milliseconds since 1970. */
  trim(now: number): void {
    const { entries, bytes, ageMs } = this.#limits;
    for (let oldest = this.#oldest(); oldest !== undefined; oldest = this.#oldest()) {
      const fits = this.size <= entries && this.#bytes <= bytes;
      if (fits && now - oldest.at <= ageMs) break;
      this.#bytes -= oldest.bytes;
      this.#lost = oldest.number;
      this.#first += 1;
    }
    if (this.#first < SLACK || this.#first * 2 < this.#entries.length) return;
    this.#entries = this.#entries.slice(this.#first);
    this.#first = 0;
  }

  /** Returns up to `most` entries with a higher number, oldest first. */
  after(number: number, most = Infinity): T[] {
    const start = this.#indexAfter(number);
    return this.#entries.slice(start, Math.min(this.#entries.length, start + most));
  }

  #oldest(): T | undefined {
    return this.#entries[this.#first];
  }

  /** Returns the index of the first entry with a higher number, by halving. */
  #indexAfter(number: number): number {
    let [low, high] = [this.#first, this.#entries.length];
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#entries[middle]?.number ?? Infinity) <= number) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
