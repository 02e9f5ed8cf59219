/** Lines of one kind that may come at once. */
const BURST = 10;
/** After those, one in this time. */
const EVERY_MS = 1000;
/** More kinds than this share one allowance. */
const MAX_KINDS = 64;

interface Allowance {
  lines: number;
  /** When `lines` was right; milliseconds. */
  at: number;
  withheld: number;
}

/** Keeps a storm of one kind of line out of the log, and tells how many it has withheld. */
export class LineLimit {
  readonly #kinds = new Map<string, Allowance>();

  /** How many lines of that kind were withheld before this one; null: this one is to be, too. */
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
