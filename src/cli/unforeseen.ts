import { ErrorKinds } from '../logging/error-kinds.js';
import type { Logger } from '../logging/logger.js';

const KINDS = ['uncaughtException', 'unhandledRejection'] as const;

/** Calls `end` with an uncaught error. Used during the start, which such an error ends. */
export function endAtUnforeseen(end: (error: unknown) => void): void {
  for (const kind of KINDS) process.on(kind, end);
}

/**
 * Handles uncaught errors once the box serves: counts each and logs it with its stack; none ends
 * the process. Node has destroyed the failed socket, stream or request by then; other resources are
 * closed by the code that awaits them.
 */
export class Unforeseen {
  readonly #logger: Logger;
  readonly #kinds = new ErrorKinds();
  #count = 0;

  constructor(logger: Logger) {
    this.#logger = logger;
  }

  /** Number of errors since the start. */
  get count(): number {
    return this.#count;
  }

  /** Handles errors from now on, in place of `endAtUnforeseen`. */
  install(): void {
    for (const kind of KINDS) {
      process.removeAllListeners(kind);
      process.on(kind, (error: unknown) => this.take(error, kind));
    }
    // Node would write warnings to standard error, which bypasses the log.
    process.removeAllListeners('warning');
    process.on('warning', ({ name, message }) =>
      this.#logger.warn({ name, reason: message }, 'warning of Node'),
    );
  }

  take(error: unknown, how: string, now = performance.now()): void {
    this.#count += 1;
    const line = this.#kinds.take(error, now);
    if (line === null) return;
    this.#logger.error({ how, ...line }, 'an error that nobody foresaw: please report it');
  }
}
