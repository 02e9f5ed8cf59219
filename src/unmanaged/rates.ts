export interface RatesOptions {
  /** So many at once. */
  readonly burst: number;
  readonly perSecond: number;
  /** Milliseconds of a clock that never goes back. */
  readonly now: () => number;
}

interface Bucket {
  left: number;
  at: number;
}

/** Senders that are remembered; the one that has been quiet the longest is forgotten first. */
const MAX_SENDERS = 1000;

/** How often each sender may do something: a bucket for each that fills again with time. */
export class Rates {
  readonly #options: RatesOptions;
  /** Those that were heard of last come last. */
  readonly #buckets = new Map<string, Bucket>();

  constructor(options: RatesOptions) {
    this.#options = options;
  }

  /** False where the sender has to wait. */
  take(sender: string): boolean {
    const { burst, perSecond, now } = this.#options;
    const at = now();
    const known = this.#buckets.get(sender) ?? { left: burst, at };
    const left = Math.min(burst, known.left + ((at - known.at) / 1000) * perSecond);
    const isFree = left >= 1;
    this.#buckets.delete(sender);
    this.#buckets.set(sender, { left: isFree ? left - 1 : left, at });
    const [oldest = sender] = this.#buckets.keys();
    if (this.#buckets.size > MAX_SENDERS) this.#buckets.delete(oldest);
    return isFree;
  }
}
