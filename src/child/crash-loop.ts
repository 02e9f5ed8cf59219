/** Milliseconds within which crashes count. */
export const CRASH_WINDOW_MS = 600_000;

/**
 * The crashes of one child. A child that crashes again and again loses the streams that it is given
 * each time, so it is better left out until somebody has looked at it.
 */
export class CrashLoop {
  readonly #mostOf: () => number;
  /** Times of the last crashes, at most `most`. */
  #times: number[] = [];

  /** `most`: returns the crashes within the window that are a loop; 0: never. */
  constructor(most: () => number) {
    this.#mostOf = most;
  }

  /** Notes a crash at `now`, in milliseconds of a monotonic clock; returns the loop in words. */
  note(now: number, reason: string): string | null {
    const most = this.#mostOf();
    if (most === 0) return null;
    this.#times = [...this.#times, now].slice(-most);
    const [first = now] = this.#times;
    if (this.#times.length < most || now - first > CRASH_WINDOW_MS) return null;
    const seconds = Math.round((now - first) / 1000);
    return `it crashed ${most} times within ${seconds} s (children.maxCrashes), last: ${reason}`;
  }

  clear(): void {
    this.#times = [];
  }
}
