import { type Logger, silentLogger } from '../logging/logger.js';

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

/** Reasons of one sender that are known to be said. */
const MAX_SAID = 16;
/** Lines about one sender are so far apart, however many reasons it finds. */
const QUIET_MS = 5000;

interface Entry {
  row: RefusalRow;
  readonly said: Set<string>;
  /** Of the last line about it. */
  saidAt: number;
}

/** Who was refused lately: said once for each reason, and shown until it is taken or falls silent. */
export class Refusals {
  readonly #logger: Logger;
  readonly #now: () => number;
  /** Those that were heard of last come last. */
  readonly #entries = new Map<string, Entry>();

  constructor(logger: Logger = silentLogger, now: () => number = Date.now) {
    this.#logger = logger;
    this.#now = now;
  }

  note(from: string, reason: string): void {
    const at = this.#now();
    const known = this.#entries.get(from);
    const times = known?.row.reason === reason ? known.row.times + 1 : 1;
    const entry = known ?? { said: new Set(), saidAt: Number.NEGATIVE_INFINITY };
    const noted: Entry = { ...entry, row: { from, reason, times, at } };
    this.#entries.delete(from);
    this.#entries.set(from, noted);
    const [oldest = from] = this.#entries.keys();
    if (this.#entries.size > MAX_ROWS) this.#entries.delete(oldest);
    this.#say(noted);
  }

  /** It has been taken. */
  forget(from: string): void {
    this.#entries.delete(from);
  }

  rows(): RefusalRow[] {
    const since = this.#now() - KEPT_MS;
    for (const [from, { row }] of this.#entries) if (row.at < since) this.#entries.delete(from);
    return Array.from(this.#entries.values(), ({ row }) => row);
  }

  /** What has to wait is said when it comes again. */
  #say(entry: Entry): void {
    const { row, said, saidAt } = entry;
    const { from, reason, at } = row;
    if (said.has(reason) || at - saidAt < QUIET_MS) return;
    if (said.size >= MAX_SAID) said.clear();
    said.add(reason);
    entry.saidAt = at;
    this.#logger.warn({ from, reason }, 'origin is not let in');
  }
}
