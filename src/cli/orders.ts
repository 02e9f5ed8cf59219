import type { ReloadReport } from '../admin/types.js';
import type { Config } from '../config/config.js';
import { messageOf } from '../errors.js';
import type { Logger } from '../logging/logger.js';
import { logReload } from './reload.js';
import type { SignalActions } from './signals.js';

/** Parts of a serving box that take orders. None of these throws; only
 * `reload` and `upgrade` reject. */
export interface OrderedBox {
  /** Applies configuration, template and certificate as they stand now. Rejects if one is bad. */
  reload(): Promise<ReloadReport>;
  /** Puts the installed program in the place of this one. Rejects if it cannot follow. */
  upgrade(): Promise<unknown>;
  /** The configuration by which it runs now. */
  readonly config: Config;
  reopenLogs(): void;
  /** Returns the number of open connections, and of children that are ready. */
  load(): { readonly connections: number; readonly children: number };
  /** Accepts no more clients; resolves when none is left, after the limit, or on the signal. */
  drain(limitMs: number, signal: AbortSignal): Promise<void>;
}

export interface OrdersOptions {
  /**
   * Continues our own log in a new file; returns its path, null if the log is no file. May throw.
   */
  readonly reopenLog: () => string | null;
  readonly logger: Logger;
}

const STOPPING =
  'stopping: clients are closed, then children end; a second Ctrl-C or SIGTERM ends all at once';
const DRAINING =
  'drain: no new clients are let in, and those who are there may finish; Ctrl-C or SIGTERM ends it';

/** Carries out the orders that signals give, before and while the supervisor serves. */
export class Orders implements SignalActions {
  readonly #options: OrdersOptions;
  readonly #stopping = new AbortController();
  /** Null until the supervisor serves. */
  #box: OrderedBox | null = null;
  #isReloading = false;
  /** True if a reload was ordered and has not begun. */
  #isReloadDue = false;
  #isDraining = false;

  constructor(options: OrdersOptions) {
    this.#options = options;
  }

  /** Aborts when the supervisor shall end. */
  get stopping(): AbortSignal {
    return this.#stopping.signal;
  }

  /** Tells that the box serves; carries out a reload that was ordered before. */
  serves(box: OrderedBox): void {
    this.#box = box;
    void this.#reloadWhileDue();
  }

  end(): void {
    if (!this.stopping.aborted) this.#options.logger.info(this.#box?.load() ?? {}, STOPPING);
    this.#stopping.abort();
  }

  drain(): void {
    const { logger } = this.#options;
    const box = this.#box;
    if (box === null || this.#isDraining) {
      this.end();
      return;
    }
    this.#isDraining = true;
    const { seconds } = box.config.drain;
    logger.info({ seconds, ...box.load() }, DRAINING);
    void box.drain(1000 * seconds, this.stopping).then(() => {
      if (!this.stopping.aborted) logger.info(box.load(), 'drain: over');
      this.end();
    });
  }

  reload(): void {
    this.#isReloadDue = true;
    if (this.#box === null) this.#options.logger.info('reload: as soon as all is started');
    void this.#reloadWhileDue();
  }

  reopenLogs(): void {
    const { logger, reopenLog } = this.#options;
    this.#box?.reopenLogs();
    try {
      const path = reopenLog();
      logger.info(path === null ? {} : { path }, 'logs were opened anew');
    } catch (error) {
      logger.error({ reason: messageOf(error) }, "the supervisor's own log stays in its old file");
    }
  }

  upgrade(): void {
    const { logger } = this.#options;
    if (this.#box === null) {
      logger.warn('upgrade: not before all is started; nothing has changed');
      return;
    }
    this.#box.upgrade().catch((error: unknown) => {
      logger.error({ reason: messageOf(error) }, 'upgrade: refused, nothing has changed');
    });
  }

  /**
   * An order during a reload causes one more, because the files may have changed since they were
   * read.
   */
  async #reloadWhileDue(): Promise<void> {
    const box = this.#box;
    if (box === null || this.#isReloading) return;
    this.#isReloading = true;
    while (this.#isReloadDue && !this.stopping.aborted) {
      this.#isReloadDue = false;
      await this.#reload(box);
    }
    this.#isReloading = false;
  }

  async #reload(box: OrderedBox): Promise<void> {
    const { logger } = this.#options;
    try {
      logReload(logger, await box.reload());
    } catch (error) {
      logger.error({ reason: messageOf(error) }, 'reload: refused, nothing has changed');
    }
  }
}
