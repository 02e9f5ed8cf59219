import { messageOf } from '../errors.js';
import type { Logger } from '../logging/logger.js';
import { ingesterAmong } from './duties.js';
import type { ChildStatus } from './types.js';

export interface IngestOptions {
  readonly statuses: () => readonly ChildStatus[];
  /** Returns whether any vhost of the children has `ingest`. */
  readonly isUsed: () => boolean;
  /** Has a child read its config again. */
  readonly reload: (id: string) => Promise<void>;
  readonly logger: Logger;
}

/** Keeps `ingest` with one child that serves. */
export class Ingest {
  readonly #options: IngestOptions;
  #ingester = ingesterAmong([]);

  constructor(options: IngestOptions) {
    this.#options = options;
  }

  /** Id of the child that runs it. */
  get ingester(): string {
    return this.#ingester;
  }

  /** Moves it from a child that is down to another by a reload; the first returns without it. */
  appoint(): void {
    const { statuses, isUsed, reload, logger } = this.#options;
    const next = ingesterAmong(statuses(), this.#ingester);
    if (next === this.#ingester) return;
    this.#ingester = next;
    if (!isUsed()) return;
    logger.info({ child: next }, 'ingest moves to another child');
    reload(next).catch((error: unknown) => {
      const fields = { child: next, reason: messageOf(error) };
      logger.warn(fields, 'ingest stands still until the child restarts');
    });
  }
}
