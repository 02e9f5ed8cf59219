import { messageOf } from '../errors.js';
import type { Logger } from '../logging/logger.js';
import type { OwnerRef } from '../owner.js';
import { sweep } from './sweep.js';

export interface SweeperOptions {
  readonly root: string;
  readonly windowSeconds: number;
  /** Whether this life of a child goes on. */
  readonly isAlive: (writer: OwnerRef) => boolean;
  readonly logger: Logger;
}

/** SRS's own `hls_dispose`: so long can a stream that has ended still be watched. */
const LEAST_MS = 120_000;
const EVERY_MS = 30_000;

/** Sweeps the children's HLS directory again and again. */
export class Sweeper {
  readonly #options: SweeperOptions;
  #timer: NodeJS.Timeout | null = null;
  #running: Promise<void> = Promise.resolve();

  constructor(options: SweeperOptions) {
    this.#options = options;
  }

  async start(): Promise<void> {
    this.#next();
  }

  /** Resolves when no sweep is under way any more. */
  async close(): Promise<void> {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    await this.#running;
  }

  #next(): void {
    this.#timer = setTimeout(() => {
      this.#running = this.#sweep().then(() => {
        if (this.#timer !== null) this.#next();
      });
    }, EVERY_MS).unref();
  }

  async #sweep(): Promise<void> {
    const { root, windowSeconds, isAlive, logger } = this.#options;
    const keepMs = Math.max(LEAST_MS, 3000 * windowSeconds);
    try {
      const removed = await sweep(root, { now: Date.now(), keepMs, isAlive });
      if (removed > 0) logger.debug({ removed }, 'old HLS files removed');
    } catch (error) {
      logger.warn({ reason: messageOf(error) }, 'old HLS files not removed');
    }
  }
}
