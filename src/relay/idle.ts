import { SlotMap } from '../collections/slot-map.js';

/** A holder of an idle limit. Milliseconds, `activeAt` on the clock's own scale. */
export interface Idler {
  /** 0: never too long. */
  readonly idleMs: number;
  readonly activeAt: number;
  /** Its place in its clock, which writes this; at first null. */
  idlePlace: IdlePlace | null;
}

export interface IdlePlace {
  readonly second: number;
  readonly key: number;
}

const NONE: readonly never[] = [];

/**
 * Finds pairs that have been silent for too long: one slot map for each second in which something
 * is due. A pair that was active meanwhile moves on when its second comes, so activity costs
 * nothing.
 */
export class IdleClock<T extends Idler> {
  readonly #due = new Map<number, SlotMap<T>>();
  /** The first second that has not been looked through. */
  #next: number;

  constructor(now: number) {
    this.#next = Math.ceil(now / 1000);
  }

  add(pair: T): void {
    if (pair.idleMs <= 0) return;
    const second = Math.max(Math.ceil((pair.activeAt + pair.idleMs) / 1000), this.#next);
    pair.idlePlace = { second, key: this.#dueIn(second).add(pair) };
  }

  remove(pair: T): void {
    const place = pair.idlePlace;
    if (place === null) return;
    pair.idlePlace = null;
    this.#due.get(place.second)?.delete(place.key);
  }

  /** False: some may get over their limit. */
  get isEmpty(): boolean {
    return this.#due.size === 0;
  }

  /** The pairs that are over their limit at `now`, once each. */
  expired(now: number): readonly T[] {
    if (1000 * this.#next > now) return NONE;
    const over: T[] = [];
    for (; 1000 * this.#next <= now; this.#next += 1) {
      const pairs = this.#due.get(this.#next) ?? NONE;
      this.#due.delete(this.#next);
      for (const pair of pairs) {
        pair.idlePlace = null;
        if (pair.activeAt + pair.idleMs <= now) over.push(pair);
        else this.add(pair);
      }
    }
    return over;
  }

  #dueIn(second: number): SlotMap<T> {
    const known = this.#due.get(second);
    if (known !== undefined) return known;
    const pairs = new SlotMap<T>();
    this.#due.set(second, pairs);
    return pairs;
  }
}
