import { codeOf } from '../errors.js';
import type { Logger } from '../logging/logger.js';

/** Of one kind one line in this time; what came meanwhile is counted in the next one. */
const QUIET_MS = 60_000;
/** More kinds than this share one line. */
const MAX_KINDS = 64;

const KINDS = ['uncaughtException', 'unhandledRejection'] as const;

interface Kind {
  loggedAt: number;
  /** Not logged. */
  silent: number;
}

/** While all is being started, an error that nobody caught is a reason not to start. */
export function endAtUnforeseen(end: (error: unknown) => void): void {
  for (const kind of KINDS) process.on(kind, end);
}

/**
 * The one place for errors that nobody caught. Once the box serves they end nothing: each is
 * counted, and logged with its stack. A socket, stream or request that failed has been destroyed by
 * Node by then; what else an error may leave half done, the code that awaits it closes.
 */
export class Unforeseen {
  readonly #logger: Logger;
  readonly #kinds = new Map<string, Kind>();
  #count = 0;

  constructor(logger: Logger) {
    this.#logger = logger;
  }

  /** Since the start. */
  get count(): number {
    return this.#count;
  }

  /** Takes them from Node; until then one ends the process, by `endAtUnforeseen`. */
  install(): void {
    for (const kind of KINDS) {
      process.removeAllListeners(kind);
      process.on(kind, (error: unknown) => this.take(error, kind));
    }
    // Node would write them to standard error itself, past the log.
    process.removeAllListeners('warning');
    process.on('warning', ({ name, message }) =>
      this.#logger.warn({ name, reason: message }, 'warning of Node'),
    );
  }

  take(error: unknown, how: string, now = performance.now()): void {
    this.#count += 1;
    const kind = this.#kindOf(error);
    if (now - kind.loggedAt < QUIET_MS) {
      kind.silent += 1;
      return;
    }
    const repeated = kind.silent === 0 ? {} : { repeated: kind.silent };
    kind.loggedAt = now;
    kind.silent = 0;
    const stack = stackOf(error);
    this.#logger.error(
      { how, ...repeated, stack },
      'an error that nobody foresaw: please report it',
    );
  }

  /** By what it is and where it was thrown. */
  #kindOf(error: unknown): Kind {
    const [, place = ''] = /\n +at (.*)/.exec(stackOf(error)) ?? [];
    const wanted = `${(error as Error | null)?.name} ${codeOf(error)} ${place}`;
    const isFull = this.#kinds.size >= MAX_KINDS && !this.#kinds.has(wanted);
    const name = isFull ? 'others' : wanted;
    const kind = this.#kinds.get(name) ?? { loggedAt: -Infinity, silent: 0 };
    this.#kinds.set(name, kind);
    return kind;
  }
}

function stackOf(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}
