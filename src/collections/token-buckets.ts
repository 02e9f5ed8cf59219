export interface BucketOptions {
  /** How often a second one sender may go on; 0: any number. */
  readonly perSecond: number;
  /** How often at once after a silence; default: what five seconds allow. */
  readonly burst?: number;
  /** Milliseconds of a clock that never goes back. */
  readonly now?: () => number;
}

/** A page that begins asks for a lot. */
const BURST_SECONDS = 5;
/** Senders that are known at one time; the one that was longest silent is forgotten for a new one. */
const MOST = 16_384;

interface Bucket {
  tokens: number;
  at: number;
}

/** A token bucket for each sender: a request takes one token, and time brings them back. */
export class TokenBuckets {
  readonly #perSecond: number;
  readonly #burst: number;
  readonly #now: () => number;
  /** The one that was longest silent comes first. */
  readonly #buckets = new Map<string, Bucket>();

  constructor({ perSecond, burst, now = () => performance.now() }: BucketOptions) {
    this.#perSecond = perSecond;
    this.#burst = burst ?? perSecond * BURST_SECONDS;
    this.#now = now;
  }

  /** Senders that are known. */
  get size(): number {
    return this.#buckets.size;
  }

  /** Whether this sender may make a request now, which is then counted. */
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

  /** Those whose bucket is full again, and one more where there is no room. */
  #forget(now: number): void {
    for (const [key, { at }] of this.#buckets) {
      const isFull = now - at >= (1000 * this.#burst) / this.#perSecond;
      if (!isFull && this.#buckets.size < MOST) return;
      this.#buckets.delete(key);
    }
  }
}
