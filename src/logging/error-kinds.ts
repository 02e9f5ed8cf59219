import { codeOf } from '../errors.js';

/** Milliseconds between two lines of one kind; the later one counts those withheld. */
const QUIET_MS = 60_000;
/** Most kinds counted apart; further kinds share one entry. */
const MAX_KINDS = 64;

interface Kind {
  loggedAt: number;
  withheld: number;
}

/** The fields of one log line about an error. */
export interface ErrorLine {
  /** Number of errors of this kind withheld since the last line; absent for 0. */
  readonly repeated?: number;
  readonly stack: string;
}

/** Limits error lines to one per kind and minute. */
export class ErrorKinds {
  readonly #kinds = new Map<string, Kind>();

  /** Returns the line for this error, or null to withhold it. `now` in milliseconds. */
  take(error: unknown, now: number): ErrorLine | null {
    const kind = this.#kindOf(error);
    if (now - kind.loggedAt < QUIET_MS) {
      kind.withheld += 1;
      return null;
    }
    const { withheld } = kind;
    kind.loggedAt = now;
    kind.withheld = 0;
    return { ...(withheld === 0 ? {} : { repeated: withheld }), stack: stackOf(error) };
  }

  /** Returns the kind of an error: its name, its code and the place that threw it. */
  #kindOf(error: unknown): Kind {
    const [, place = ''] = /\n +at (.*)/.exec(stackOf(error)) ?? [];
    const wanted = `${(error as Error | null)?.name} ${codeOf(error)} ${place}`;
    const isFull = this.#kinds.size >= MAX_KINDS && !this.#kinds.has(wanted);
    const name = isFull ? 'others' : wanted;
    const kind = this.#kinds.get(name) ?? { loggedAt: -Infinity, withheld: 0 };
    this.#kinds.set(name, kind);
    return kind;
  }
}

function stackOf(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}
