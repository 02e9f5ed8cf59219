import { messageOf } from '../errors.js';
import type { Logger } from '../logging/logger.js';
import type { OwnerRef } from '../owner.js';
import { sweep } from './sweep.js';

export interface SweeperOptions {
  readonly root: string;
  /** Read at each sweep: a reload may change it. */
  readonly windowSeconds: number;
  /** Reports whether this life of a child is running. */
  readonly isAlive: (writer: OwnerRef) => boolean;
  readonly logger: Logger;
}

/** SRS's `hls_dispose` default: an ended stream can be watched for so long. */
const LEAST_MS = 120_000;
const EVERY_MS = 30_000;

/** Sweeps the children's HLS directory periodically. */
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

  /** Stops; resolves when no sweep is running. */
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
