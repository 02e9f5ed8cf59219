/** Milliseconds within which crashes count. */
export const CRASH_WINDOW_MS = 600_000;

/**
 * The crashes of one child. A child that crashes again and again loses the streams that it is given
 * each time, so it is better left out until somebody has looked at it.
 */
export class CrashLoop {
  readonly #most: number;
  /** Times of the last crashes, at most `most`. */
  #times: number[] = [];

  /** `most`: crashes within the window that are a loop; 0: never. */
  constructor(most: number) {
    this.#most = most;
  }

  /** Notes a crash at `now`, in milliseconds of a monotonic clock; returns the loop in words. */
  note(now: number, reason: string): string | null {
    if (this.#most === 0) return null;
    this.#times = [...this.#times, now].slice(-this.#most);
    const [first = now] = this.#times;
    if (this.#times.length < this.#most || now - first > CRASH_WINDOW_MS) return null;
    const seconds = Math.round((now - first) / 1000);
    return `it crashed ${this.#most} times within ${seconds} s (children.maxCrashes), last: ${reason}`;
  }

  clear(): void {
    this.#times = [];
  }
}
