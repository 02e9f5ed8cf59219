/** A loop that is this busy has clients to serve; it allocates, and so V8 collects by itself. */
const CALM = 0.25;
/** How many looks in a row it has to be calm. */
const CALM_LOOKS = 2;
/** A tenth and so much more than the last collection has left is worth another one. */
const GROWN_BY = 1.1;
const GROWN_BYTES = 24e6;
const AT_MOST_EVERY_MS = 30_000;

/** Says when a collection of garbage is worth the time that it stops its thread for. */
export class GarbageWatch {
  #left = Number.POSITIVE_INFINITY;
  #collectedAt = Number.NEGATIVE_INFINITY;
  #calm = 0;

  /** `used` bytes of memory now; `busy`: the share of time, 0-1, in which the loop had work since the last look. */
  isWorthwhile(used: number, busy: number, now: number): boolean {
    this.#calm = busy < CALM ? this.#calm + 1 : 0;
    // V8 frees some of it on other threads, and collects by itself.
    this.#left = Math.min(this.#left, used);
    const hasGrown = used > GROWN_BY * this.#left + GROWN_BYTES;
    const isTime = now - this.#collectedAt >= AT_MOST_EVERY_MS;
    return hasGrown && isTime && this.#calm >= CALM_LOOKS;
  }

  /** `left` bytes after a collection. */
  collected(left: number, now: number): void {
    this.#left = left;
    this.#collectedAt = now;
    this.#calm = 0;
  }
}
