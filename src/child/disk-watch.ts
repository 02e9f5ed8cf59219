import { statfs } from 'node:fs/promises';
import { z } from 'zod';
import { BYTES } from '../fields.js';
import type { Logger } from '../logging/logger.js';
import { everySeconds } from '../system/every-seconds.js';

/** Bytes of a file system. */
export const DISK_SPACE = z.object({
  free: BYTES.describe('bytes that this user may still write'),
  total: BYTES,
});
export type DiskSpace = Readonly<z.infer<typeof DISK_SPACE>>;

export interface DiskWatchOptions {
  readonly workDir: string;
  readonly logger: Logger;
}

const EVERY_SECONDS = 10;
/** A disk is full below this share of it, or below these bytes, whichever is less. */
const LEAST_SHARE = 0.01;
const LEAST_BYTES = 64e6;
/** Multiple of that room from which on a full disk has room again. */
const AGAIN = 2;

/**
 * Watches the room on the disk of the work directory. SRS closes publishers whose HLS it cannot
 * write, and says so in its own log alone, which is on that disk too.
 */
export class DiskWatch {
  readonly #options: DiskWatchOptions;
  #stop = () => {};
  #full: DiskSpace | null = null;

  constructor(options: DiskWatchOptions) {
    this.#options = options;
  }

  /** Room on the disk while it is full; null: it has room. */
  get full(): DiskSpace | null {
    return this.#full;
  }

  async start(): Promise<void> {
    await this.look();
    this.#stop = everySeconds(EVERY_SECONDS, () => void this.look());
  }

  async close(): Promise<void> {
    this.#stop();
  }

  /** Looks now; logs when the disk gets full, and when it has room again. Never rejects. */
  async look(): Promise<void> {
    const { workDir, logger } = this.#options;
    const found = await statfs(workDir).catch(() => null);
    if (found === null) return;
    const total = found.blocks * found.bsize;
    // Some file systems count no inodes.
    const hasInodes = found.files === 0 || found.ffree > 0;
    const free = hasInodes ? found.bavail * found.bsize : 0;
    const least = Math.min(LEAST_SHARE * total, LEAST_BYTES);
    const wasFull = this.#full !== null;
    const isFull = free < (wasFull ? AGAIN : 1) * least || free === 0;
    this.#full = isFull ? { free, total } : null;
    if (isFull === wasFull) return;
    const about = { workDir, free, total };
    if (isFull) logger.warn(about, FULL);
    else logger.info(about, 'the disk of the work directory has room again');
  }
}

const FULL =
  'the disk of the work directory is full: children cannot write HLS and logs, and SRS closes publishers then; make room';
