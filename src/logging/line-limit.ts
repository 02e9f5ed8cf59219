/** Lines of one kind: so many in a burst, and so many a second after it. */
export interface LineRate {
  readonly burst: number;
  /** 0: none after the burst. */
  readonly perSecond: number;
}

const DEFAULT_RATE: LineRate = { burst: 10, perSecond: 1 };
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
  readonly #burst: number;
  readonly #everyMs: number;
  readonly #kinds = new Map<string, Allowance>();

  constructor({ burst, perSecond }: LineRate = DEFAULT_RATE) {
    this.#burst = burst;
    this.#everyMs = 1000 / perSecond;
  }

  /** Returns the number of lines withheld before this one, or null to withhold this one, too. */
  take(kind: string, now: number): number | null {
    const allowance = this.#allowanceOf(kind, now);
    const earned = Math.floor((now - allowance.at) / this.#everyMs);
    if (earned > 0) {
      allowance.lines = Math.min(this.#burst, allowance.lines + earned);
      allowance.at += earned * this.#everyMs;
    }
    if (allowance.lines === 0) {
      allowance.withheld += 1;
      return null;
    }
    allowance.lines -= 1;
    return takeWithheld(allowance);
  }

  /** Returns the number of lines of a kind withheld since its last one, and forgets it. */
  takeWithheld(kind: string): number {
    const allowance = this.#kinds.get(kind) ?? this.#kinds.get('');
    return allowance === undefined ? 0 : takeWithheld(allowance);
  }

  #allowanceOf(wanted: string, now: number): Allowance {
    const isFull = this.#kinds.size >= MAX_KINDS && !this.#kinds.has(wanted);
    const kind = isFull ? '' : wanted;
    const allowance = this.#kinds.get(kind) ?? { lines: this.#burst, at: now, withheld: 0 };
    this.#kinds.set(kind, allowance);
    return allowance;
  }
}

function takeWithheld(allowance: Allowance): number {
  const { withheld } = allowance;
  allowance.withheld = 0;
  return withheld;
}
