/** What can be idle. Milliseconds, `activeAt` on the clock's own scale. */
export interface Idler {
  /** 0: never too long. */
  readonly idleMs: number;
  readonly activeAt: number;
}

const NONE: readonly never[] = [];

/**
 * Finds pairs that have been silent for too long: one set for each second in which something is
 * due. A pair that was active meanwhile moves on when its second comes, so activity costs nothing.
 */
export class IdleClock<T extends Idler> {
  readonly #due = new Map<number, Set<T>>();
  readonly #second = new Map<T, number>();
  /** The first second that has not been looked through. */
  #next: number;

  constructor(now: number) {
    this.#next = Math.ceil(now / 1000);
  }

  add(pair: T): void {
    if (pair.idleMs <= 0) return;
    const due = Math.max(Math.ceil((pair.activeAt + pair.idleMs) / 1000), this.#next);
    const pairs = this.#due.get(due) ?? new Set<T>();
    this.#due.set(due, pairs.add(pair));
    this.#second.set(pair, due);
  }

  remove(pair: T): void {
    const due = this.#second.get(pair);
    if (due === undefined) return;
    this.#second.delete(pair);
    this.#due.get(due)?.delete(pair);
  }

  /** The pairs that are over their limit at `now`, once each. */
  expired(now: number): readonly T[] {
    if (1000 * this.#next > now) return NONE;
    const over: T[] = [];
    for (; 1000 * this.#next <= now; this.#next += 1) {
      const pairs = this.#due.get(this.#next) ?? [];
      this.#due.delete(this.#next);
      for (const pair of pairs) {
        this.#second.delete(pair);
        if (pair.activeAt + pair.idleMs <= now) over.push(pair);
        else this.add(pair);
      }
    }
    return over;
  }
}
