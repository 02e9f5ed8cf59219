/** Share of time from which the loop counts as busy: it then allocates, so V8 collects. */
const CALM = 0.25;
/** Consecutive calm looks required. */
const CALM_LOOKS = 2;
/** Growth since the last collection that is worth another: a tenth and so many bytes. */
const GROWN_BY = 1.1;
const GROWN_BYTES = 24e6;
const AT_MOST_EVERY_MS = 30_000;
/** A flood's garbage: half as much again as was left. It does not wait so long. */
const FLOOD = { by: 1.5, atMostEveryMs: 10_000 };

/** Decides when a garbage collection is worth stopping its thread. */
export class GarbageWatch {
  #left = Number.POSITIVE_INFINITY;
  #collectedAt = Number.NEGATIVE_INFINITY;
  #calm = 0;

  /**
   * Decides now. `used`: bytes of memory; `busy`: share of time (0-1) in which the loop worked
   * since the last call.
   */
  isWorthwhile(used: number, busy: number, now: number): boolean {
    this.#calm = busy < CALM ? this.#calm + 1 : 0;
    // V8 also collects by itself, and frees some memory on other threads.
    this.#left = Math.min(this.#left, used);
    const hasGrown = used > GROWN_BY * this.#left + GROWN_BYTES;
    const isFlood = used > FLOOD.by * this.#left + GROWN_BYTES;
    const everyMs = isFlood ? FLOOD.atMostEveryMs : AT_MOST_EVERY_MS;
    const isTime = now - this.#collectedAt >= everyMs;
    return hasGrown && isTime && this.#calm >= CALM_LOOKS;
  }

  /** Notes a collection that left so many bytes. */
  collected(left: number, now: number): void {
    this.#left = left;
    this.#collectedAt = now;
    this.#calm = 0;
  }
}
