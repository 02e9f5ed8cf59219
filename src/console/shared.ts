/** Least age in milliseconds at which a value is made anew. */
const LEAST_MS = 900;
const MOST_MS = 10_000;
/** Making values takes at most one part in so many of the time. */
const SHARE = 50;

/**
 * A value that all consoles share. It is made anew when somebody asks for it and it is older than
 * a second; the more it costs, the longer it is kept, so that consoles cannot busy the supervisor.
 */
export class Shared<T> {
  readonly #make: () => Promise<T>;
  readonly #clock: () => number;
  #value: { readonly is: T; readonly at: number; costMs: number } | null = null;
  #making: Promise<T> | null = null;

  /** `clock`: milliseconds of a monotonic clock. */
  constructor(make: () => Promise<T>, clock: () => number = () => performance.now()) {
    this.#make = make;
    this.#clock = clock;
  }

  get(): Promise<T> {
    const value = this.#value;
    if (value !== null && this.#clock() - value.at < keptMs(value.costMs)) {
      return Promise.resolve(value.is);
    }
    this.#making ??= this.#makeNow().finally(() => {
      this.#making = null;
    });
    return this.#making;
  }

  /** Runs work on the value, such as sorting, whose time counts as a cost of it. */
  work<R>(run: () => R): R {
    const began = this.#clock();
    const result = run();
    if (this.#value !== null) this.#value.costMs += this.#clock() - began;
    return result;
  }

  async #makeNow(): Promise<T> {
    const began = this.#clock();
    const is = await this.#make();
    const at = this.#clock();
    this.#value = { is, at, costMs: at - began };
    return is;
  }
}

function keptMs(costMs: number): number {
  return Math.min(MOST_MS, Math.max(LEAST_MS, SHARE * costMs));
}
