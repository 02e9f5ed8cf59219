/** A relay whose bytes may wait for its client. */
export interface Stallable {
  /** Milliseconds without progress that are too many. */
  readonly stallMs: number;
  /** Bytes wait for the client. */
  readonly isStuck: boolean;
  /** Bytes that the client has been sent. */
  readonly sent: number;
}

interface Look {
  readonly sent: number;
  /** When the client was first seen to have been sent so much. */
  readonly since: number;
}

/** Time between two looks, milliseconds. */
const LOOK_MS = 1000;
const NONE: readonly never[] = [];

/**
 * Finds clients that take nothing of what waits for them. Only those that were found stuck are
 * looked at, once a second, so that the byte path has no clock to keep.
 */
export class StallWatch<T extends Stallable> {
  readonly #looks = new Map<T, Look>();
  #lookAt = Number.NEGATIVE_INFINITY;

  /** The number of watched relays. */
  get size(): number {
    return this.#looks.size;
  }

  /** Bytes wait for this client; it is forgotten when none do any more. */
  add(one: T, now: number): void {
    if (!this.#looks.has(one)) this.#looks.set(one, { sent: one.sent, since: now });
  }

  remove(one: T): void {
    this.#looks.delete(one);
  }

  /** The relays whose client took nothing for too long, once each. */
  stalled(now: number): readonly T[] {
    if (now < this.#lookAt || this.#looks.size === 0) return NONE;
    this.#lookAt = now + LOOK_MS;
    return [...this.#looks].filter(([one, look]) => this.#isStalled(one, look, now)).map(first);
  }

  #isStalled(one: T, { sent, since }: Look, now: number): boolean {
    const isOver = one.isStuck && one.sent === sent && now - since >= one.stallMs;
    if (isOver || !one.isStuck) this.#looks.delete(one);
    else if (one.sent !== sent) this.#looks.set(one, { sent: one.sent, since: now });
    return isOver;
  }
}

function first<T>([one]: readonly [T, unknown]): T {
  return one;
}
