import { codeOf } from '../errors.js';

/** One line of a kind in this time; the next line counts those that were withheld. */
const QUIET_MS = 60_000;
/** Further kinds share one entry. */
const MAX_KINDS = 64;

interface Kind {
  loggedAt: number;
  withheld: number;
}

/** The fields of one log line about an error. */
export interface ErrorLine {
  /** Errors of this kind that were not logged since the line before; absent for none. */
  readonly repeated?: number;
  readonly stack: string;
}

/** Keeps a storm of one error out of the log: a line for each kind once a minute. */
export class ErrorKinds {
  readonly #kinds = new Map<string, Kind>();

  /** The line for this error; null where its kind had one within the last minute. `now`: ms. */
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

  /** A kind is an error's name and code, and the place that threw it. */
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
