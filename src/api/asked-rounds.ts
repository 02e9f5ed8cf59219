import { nextAsked, type Pace } from './pace.js';

/** A child's rounds, as this room has to know them. */
export interface Rounds {
  /** Start of the last snapshot on performance.now()'s clock; -Infinity if there is none. */
  readonly at: () => number;
  /** Bytes of its answers. */
  readonly bytes: () => number;
  /** The round under way. */
  readonly running: () => Promise<void> | null;
  readonly run: () => Promise<void>;
}

/**
 * Which children have changed since their last snapshot, and the rounds that requests wait for:
 * concurrent requests share one, and their rate is bounded.
 */
export class AskedRounds {
  readonly #pace: Pace;
  /** By child, the time until which its state is taken to change. */
  readonly #stirred = new Map<string, number>();
  readonly #next = new Map<string, Promise<void>>();
  #second = 0;
  #inSecond = 0;

  constructor(pace: Pace) {
    this.#pace = pace;
  }

  /** Something happens in the child now; its API may show it a moment later. */
  stir(childId: string): void {
    this.#stirred.set(childId, performance.now() + this.#pace.settleMs);
  }

  forget(childId: string): void {
    this.#stirred.delete(childId);
  }

  /** Tells whether a snapshot that began at `at` may be outdated by now. */
  isStale(childId: string, at: number): boolean {
    return at < (this.#stirred.get(childId) ?? Number.NEGATIVE_INFINITY);
  }

  /** Resolves after a round that begins from now on; at once if there are too many of them. */
  next(childId: string, rounds: Rounds): Promise<void> {
    const known = this.#next.get(childId);
    if (known !== undefined) return known;
    if (!this.#mayAsk()) return Promise.resolve();
    const next = this.#begin(childId, rounds).finally(() => {
      if (this.#next.get(childId) === next) this.#next.delete(childId);
    });
    this.#next.set(childId, next);
    return next;
  }

  async #begin(childId: string, { at, bytes, running, run }: Rounds): Promise<void> {
    const due = at() + nextAsked(this.#pace, bytes());
    const wait = due - performance.now();
    if (wait > 0) await new Promise((resolve) => setTimeout(resolve, wait));
    do await running();
    while (running() !== null);
    // Later requests may have to see more than this round does.
    this.#next.delete(childId);
    await run();
  }

  #mayAsk(): boolean {
    const second = Math.floor(performance.now() / 1000);
    if (second !== this.#second) this.#inSecond = 0;
    this.#second = second;
    this.#inSecond += 1;
    return this.#inSecond <= this.#pace.askedPerSecond;
  }
}
