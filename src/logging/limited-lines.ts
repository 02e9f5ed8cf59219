import { LineLimit, type LineRate } from './line-limit.js';
import type { Logger } from './logger.js';

type Fields = Readonly<Record<string, unknown>>;

/** Milliseconds from the first withheld line until a line tells the number of those withheld. */
const TELL_MS = 10_000;

/**
 * Writes lines that clients can cause without end. Each message has a rate; lines above it are at
 * debug, and the next line, or one some seconds later, tells how many were withheld.
 */
export class LimitedLines {
  readonly #limit: LineLimit;
  /** Messages of which a withheld number will be told. */
  readonly #untold = new Set<string>();

  /** Default: ten lines at once, then one a second. */
  constructor(rate?: LineRate) {
    this.#limit = new LineLimit(rate);
  }

  /**
   * Writes a line; `fields` is called only if the line is written. Returns how many lines were
   * withheld before this one; null: this one is, too. The log's level does not change that.
   */
  write(
    logger: Logger,
    level: 'info' | 'warn',
    message: string,
    fields: () => Fields,
  ): number | null {
    const withheld = this.#limit.take(message, performance.now());
    if (!logger.isLevelEnabled(level)) return withheld;
    if (withheld === null) this.#withhold(logger, level, message, fields);
    else logger[level](withheld === 0 ? fields() : { ...fields(), withheld }, message);
    return withheld;
  }

  #withhold(logger: Logger, level: 'info' | 'warn', message: string, fields: () => Fields): void {
    if (logger.isLevelEnabled('debug')) logger.debug(fields(), message);
    if (this.#untold.has(message)) return;
    this.#untold.add(message);
    setTimeout(() => {
      this.#untold.delete(message);
      const withheld = this.#limit.takeWithheld(message);
      if (withheld > 0) logger[level]({ withheld }, message);
    }, TELL_MS).unref();
  }
}
