/** Concurrent polls of one address. */
const AT_ONCE = 12;
/** Concurrent polls of one address for origins that never answered, or failed last time. */
const AT_ONCE_UNPROVEN = 4;
/** Bytes of answers per second and address; parsing them takes a tenth of a core. */
const BYTES_PER_SECOND = 5_000_000;

interface Lane {
  running: number;
  unproven: number;
  /** Milliseconds of the caller's clock. */
  freeAt: number;
}

/** Limits polls per address, so that waiting and work caused by one address delay no other. */
export class PollTurns {
  readonly #lanes = new Map<string, Lane>();

  /**
   * Begins a poll; null while the address must wait. The returned function ends the poll with the
   * bytes of its answers.
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

  /** Removes idle addresses. */
  sweep(now: number): void {
    for (const [address, { running, freeAt }] of this.#lanes) {
      if (running === 0 && freeAt <= now) this.#lanes.delete(address);
    }
  }
}
