import { ErrorKinds } from '../logging/error-kinds.js';
import type { Logger } from '../logging/logger.js';

const KINDS = ['uncaughtException', 'unhandledRejection'] as const;

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
  readonly #kinds = new ErrorKinds();
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
    const line = this.#kinds.take(error, now);
    if (line === null) return;
    this.#logger.error({ how, ...line }, 'an error that nobody foresaw: please report it');
  }
}
