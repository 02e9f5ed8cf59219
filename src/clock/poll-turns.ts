/** Polls of one address that are under way at one time. */
const AT_ONCE = 12;
/** Of these, such as have never been answered, or were not the last time. */
const AT_ONCE_UNPROVEN = 4;
/** Bytes of answers that one address may have read a second: a tenth of a core. */
const BYTES_PER_SECOND = 5_000_000;

interface Lane {
  running: number;
  unproven: number;
  /** On the caller's clock. */
  freeAt: number;
}

/** Whose turn it is to be polled: what one address makes us wait or work for keeps nobody else. */
export class PollTurns {
  readonly #lanes = new Map<string, Lane>();

  /**
   * Begins a turn; null while the address has to wait. What is given back ends the turn, and is told
   * the bytes that it came to.
   */
  take(address: string, isUnproven: boolean, now: number): ((bytes: number) => void) | null {
    const lane = this.#lanes.get(address) ?? { running: 0, unproven: 0, freeAt: 0 };
    const isFull = lane.running >= AT_ONCE || (isUnproven && lane.unproven >= AT_ONCE_UNPROVEN);
    if (isFull || lane.freeAt > now) return null;
    this.#lanes.set(address, lane);
    lane.running += 1;
    lane.unproven += Number(isUnproven);
    return (bytes) => {
      lane.running -= 1;
      lane.unproven -= Number(isUnproven);
      lane.freeAt = Math.max(lane.freeAt, now) + (bytes / BYTES_PER_SECOND) * 1000;
    };
  }

  /** Forgets the addresses that nothing is kept for. */
  sweep(now: number): void {
    for (const [address, { running, freeAt }] of this.#lanes) {
      if (running === 0 && freeAt <= now) this.#lanes.delete(address);
    }
  }
}
