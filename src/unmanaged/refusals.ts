import { type Logger, silentLogger } from '../logger.js';

/** A sender whose heartbeats are not taken, and why. SRS itself says nothing of the answers that it gets. */
export interface RefusalRow {
  /** Its address. */
  readonly from: string;
  readonly reason: string;
  /** In a row, for this reason. */
  readonly times: number;
  /** The last one, in milliseconds since 1970. */
  readonly at: number;
}

/** Senders that are remembered; the one that was refused the longest ago is forgotten first. */
const MAX_ROWS = 64;
const KEPT_MS = 10 * 60_000;

/** Who was refused lately: said once for each reason, and shown until it is taken or falls silent. */
export class Refusals {
  readonly #logger: Logger;
  readonly #now: () => number;
  readonly #rows = new Map<string, RefusalRow>();

  constructor(logger: Logger = silentLogger, now: () => number = Date.now) {
    this.#logger = logger;
    this.#now = now;
  }

  note(from: string, reason: string): void {
    const known = this.#rows.get(from);
    const isNew = known?.reason !== reason;
    const row = { from, reason, times: isNew ? 1 : known.times + 1, at: this.#now() };
    this.#rows.delete(from);
    this.#rows.set(from, row);
    const [oldest = from] = this.#rows.keys();
    if (this.#rows.size > MAX_ROWS) this.#rows.delete(oldest);
    if (isNew) this.#logger.warn({ from, reason }, 'origin is not let in');
  }

  /** It has been taken. */
  forget(from: string): void {
    this.#rows.delete(from);
  }

  rows(): RefusalRow[] {
    const since = this.#now() - KEPT_MS;
    for (const [from, { at }] of this.#rows) if (at < since) this.#rows.delete(from);
    return [...this.#rows.values()];
  }
}
