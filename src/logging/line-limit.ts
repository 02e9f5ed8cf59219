/** Lines of one kind in a burst. */
const BURST = 10;
/** Milliseconds per line after the burst. */
const EVERY_MS = 1000;
/** Most kinds counted apart; further kinds share one allowance. */
const MAX_KINDS = 64;

interface Allowance {
  lines: number;
  /** Time for which `lines` is valid, in milliseconds. */
  at: number;
  withheld: number;
}

/** Limits the lines of each kind, and counts those withheld. */
export class LineLimit {
  readonly #kinds = new Map<string, Allowance>();

  /** Returns the number of lines withheld before this one, or null to withhold this one, too. */
  take(kind: string, now: number): number | null {
    const allowance = this.#allowanceOf(kind, now);
    const earned = Math.floor((now - allowance.at) / EVERY_MS);
    if (earned > 0) {
      allowance.lines = Math.min(BURST, allowance.lines + earned);
      allowance.at += earned * EVERY_MS;
    }
    if (allowance.lines === 0) {
      allowance.withheld += 1;
      return null;
    }
    allowance.lines -= 1;
    const { withheld } = allowance;
    allowance.withheld = 0;
    return withheld;
  }

  #allowanceOf(wanted: string, now: number): Allowance {
    const isFull = this.#kinds.size >= MAX_KINDS && !this.#kinds.has(wanted);
    const kind = isFull ? '' : wanted;
    const allowance = this.#kinds.get(kind) ?? { lines: BURST, at: now, withheld: 0 };
    this.#kinds.set(kind, allowance);
    return allowance;
  }
}
