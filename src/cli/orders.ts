import { changedKeys } from '../config/changes.js';
import type { Config } from '../config/config.js';
import { messageOf } from '../errors.js';
import type { Logger } from '../logging/logger.js';
import type { SignalActions } from './signals.js';

/** What of a box that serves can be ordered about. None of these rejects or throws. */
export interface OrderedBox {
  /** Has children and ports go by the template and the certificate as they stand now. */
  reload(): Promise<void>;
  reopenLogs(): void;
  /** Returns the number of open connections, and of children that are ready. */
  load(): { readonly connections: number; readonly children: number };
  /** Accepts no more clients; resolves when none is left, after the limit, or by the signal. */
  drain(limitMs: number, signal: AbortSignal): Promise<void>;
}

export interface OrdersOptions {
  readonly config: Config;
  /** The configuration as it stands now. @throws ERR_CONFIG */
  readonly readConfig: () => Promise<Config>;
  /** Our own log goes on in a new file: its name, or null where it is no file. May throw. */
  readonly reopenLog: () => string | null;
  readonly logger: Logger;
}

const STOPPING =
  'stopping: clients are closed, then children end; a second Ctrl-C or SIGTERM ends all at once';
const DRAINING =
  'drain: no new clients are let in, and those who are there may finish; Ctrl-C or SIGTERM ends it';

/** Orders to a running supervisor, given by signals: before it serves, then, and at its end. */
export class Orders implements SignalActions {
  readonly #options: OrdersOptions;
  readonly #stopping = new AbortController();
  /** Null until it serves. */
  #box: OrderedBox | null = null;
  #isReloading = false;
  /** Asked for, and not begun. */
  #isReloadDue = false;
  #isDraining = false;

  constructor(options: OrdersOptions) {
    this.#options = options;
  }

  /** Aborts when the supervisor is to end. */
  get stopping(): AbortSignal {
    return this.#stopping.signal;
  }

  /** The box serves: what was asked for meanwhile is done now. */
  serves(box: OrderedBox): void {
    this.#box = box;
    void this.#reloadWhileDue();
  }

  end(): void {
    if (!this.stopping.aborted) this.#options.logger.info(this.#box?.load() ?? {}, STOPPING);
    this.#stopping.abort();
  }

  drain(): void {
    const { logger, config } = this.#options;
    const { seconds } = config.drain;
    if (this.#box === null || this.#isDraining) {
      this.end();
      return;
    }
    this.#isDraining = true;
    const box = this.#box;
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
    logger.warn('upgrade: in place it is not there yet, nothing has changed; restart instead');
  }

  /** Who asks during a reload gets one more: the files may have changed since it read them. */
  async #reloadWhileDue(): Promise<void> {
    if (this.#box === null || this.#isReloading) return;
    this.#isReloading = true;
    while (this.#isReloadDue && !this.stopping.aborted) {
      this.#isReloadDue = false;
      if (await this.#isConfigFine()) await this.#box.reload();
    }
    this.#isReloading = false;
  }

  /** Logs the changes of the configuration. A bad one stops the reload before anything happens. */
  async #isConfigFine(): Promise<boolean> {
    const { config, readConfig, logger } = this.#options;
    try {
      const keys = changedKeys(config, await readConfig());
      if (keys.length > 0) logger.warn({ keys }, 'reload: these keys take a restart');
      return true;
    } catch (error) {
      logger.error({ reason: messageOf(error) }, 'reload: refused, nothing has changed');
      return false;
    }
  }
}
