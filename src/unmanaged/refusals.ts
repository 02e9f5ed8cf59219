import { z } from 'zod';
import { COUNT, TIME } from '../fields.js';
import { type Logger, silentLogger } from '../logging/logger.js';

/** A sender whose heartbeats are refused, and why: SRS does not log the responses it gets. */
export const REFUSAL_ROW = z.object({
  from: z.string().describe("the sender's address"),
  reason: z.string(),
  times: COUNT.describe('consecutive refusals for this reason'),
  at: TIME.describe('time of the last refusal, in milliseconds since 1970'),
});
export type RefusalRow = Readonly<z.infer<typeof REFUSAL_ROW>>;

/** Most senders remembered; the one refused longest ago is evicted first. */
const MAX_ROWS = 64;
const KEPT_MS = 10 * 60_000;

/** Most reasons per sender that are remembered as logged. */
const MAX_SAID = 16;
/** Least milliseconds between two log lines about one sender. */
const QUIET_MS = 5000;

interface Entry {
  row: RefusalRow;
  readonly said: Set<string>;
  /** Time of the last log line about it. */
  saidAt: number;
}

/** Recent refusals: logged once per reason, and listed until the sender is accepted or silent. */
export class Refusals {
  readonly #logger: Logger;
  readonly #now: () => number;
  /** Ordered by the last refusal. */
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

  /** Removes a sender that was accepted. */
  forget(from: string): void {
    this.#entries.delete(from);
  }

  rows(): RefusalRow[] {
    const since = this.#now() - KEPT_MS;
    for (const [from, { row }] of this.#entries) if (row.at < since) this.#entries.delete(from);
    return Array.from(this.#entries.values(), ({ row }) => row);
  }

  /** Logs a refusal unless the sender's last line is too recent; the next refusal tries again. */
  #say(entry: Entry): void {
    const { row, said, saidAt } = entry;
    const { from, reason, at } = row;
    if (said.has(reason) || at - saidAt < QUIET_MS) return;
    if (said.size >= MAX_SAID) said.clear();
    said.add(reason);
    entry.saidAt = at;
    this.#logger.warn({ from, reason }, 'origin refused');
  }
}
