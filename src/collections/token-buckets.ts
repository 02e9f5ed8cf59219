export interface BucketOptions {
  /** Sustained requests per second and sender; 0: no limit. */
  readonly perSecond: number;
  /** Requests in a burst after a silence; default: five seconds' worth. */
  readonly burst?: number;
  /** Milliseconds of a monotonic clock. */
  readonly now?: () => number;
}

/** Seconds' worth of a burst: a page that loads makes many requests. */
const BURST_SECONDS = 5;
/** Most senders tracked; the one silent longest is evicted. */
const MOST = 16_384;

interface Bucket {
  tokens: number;
  at: number;
}

/** A token bucket per sender: a request takes one token, and time refills the bucket. */
export class TokenBuckets {
  #perSecond: number;
  #burst: number;
  readonly #now: () => number;
  /** Ordered by the last request, oldest first. */
  readonly #buckets = new Map<string, Bucket>();

  constructor({ perSecond, burst, now = () => performance.now() }: BucketOptions) {
    this.#perSecond = perSecond;
    this.#burst = burst ?? perSecond * BURST_SECONDS;
    this.#now = now;
  }

  /** Sets another rate, with five seconds' worth of burst. */
  renew(perSecond: number): void {
    this.#perSecond = perSecond;
    this.#burst = perSecond * BURST_SECONDS;
  }

  /** Takes a token; false if the sender has none left. */
  take(sender: string): boolean {
    if (this.#perSecond === 0) return true;
    const bucket = this.#refilled(sender);
    if (bucket.tokens < 1) return false;
    bucket.tokens -= 1;
    return true;
  }

  #refilled(key: string): Bucket {
    const now = this.#now();
    const known = this.#buckets.get(key);
    const bucket = known ?? { tokens: this.#burst, at: now };
    const earned = ((now - bucket.at) / 1000) * this.#perSecond;
    bucket.tokens = Math.min(this.#burst, bucket.tokens + earned);
    bucket.at = now;
    this.#buckets.delete(key);
    this.#forget(now);
    this.#buckets.set(key, bucket);
    return bucket;
  }

  /** Removes full buckets, and one more if there is no room. */
  #forget(now: number): void {
    for (const [key, { at }] of this.#buckets) {
      const isFull = now - at >= (1000 * this.#burst) / this.#perSecond;
      if (!isFull && this.#buckets.size < MOST) return;
      this.#buckets.delete(key);
    }
  }
}
