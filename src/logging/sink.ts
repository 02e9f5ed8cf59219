import { isatty } from 'node:tty';
import { codeOf } from '../errors.js';
import { type Outlet, openOutlet } from './outlet.js';

/** Most bytes of log lines that wait for their reader. */
const MAX_LOG_BYTES = 1024 * 1024;
/** Bytes per write. */
const WRITE_BYTES = 64 * 1024;
/** Milliseconds until a full pipe is tried again, since a pipe gives no notice of room. */
const FULL_RETRY_MS = 50;
/** Milliseconds until a full disk, or a pipe without a reader, is tried again. */
const FAILED_RETRY_MS = 1000;

export interface SinkOptions {
  readonly outlet: Outlet;
  readonly isTTY?: boolean;
  /** Most bytes waiting; further lines are dropped. Default: no limit. */
  readonly maxBytes?: number;
  /** Called with the number of dropped lines once there is room again. */
  readonly onGap?: (lines: number) => void;
}

/**
 * Writes lines to an outlet that may fail, block, fill up and recover. A write returns at once;
 * lines that cannot be written wait, within a bound, and are retried as long as the process runs.
 */
export class LogSink {
  readonly isTTY: boolean;
  readonly #outlet: Outlet;
  readonly #maxBytes: number;
  /** See `SinkOptions`; set by the logger's creator. */
  onGap: (lines: number) => void;
  #waiting: Buffer[] = [];
  #bytes = 0;
  #isWriting = false;
  #retry: NodeJS.Timeout | null = null;
  #failure: Error | null = null;
  /** Lines dropped since there was room. */
  #gap = 0;
  #dropped = 0;
  #onIdle: (() => void)[] = [];

  constructor({ outlet, isTTY = false, maxBytes = Infinity, onGap = () => {} }: SinkOptions) {
    this.#outlet = outlet;
    this.isTTY = isTTY;
    this.#maxBytes = maxBytes;
    this.onGap = onGap;
  }

  /** Lines dropped since the start. */
  get dropped(): number {
    return this.#dropped;
  }

  /** Writes whole lines. Never throws. */
  write(lines: string): void {
    const bytes = Buffer.from(lines);
    // After a drop no lines are accepted until there is room for several.
    if (this.#gap > 0 || this.#bytes + bytes.length > this.#maxBytes) {
      this.#gap += 1;
      this.#dropped += 1;
      return;
    }
    this.#waiting.push(bytes);
    this.#bytes += bytes.length;
    this.#pump();
  }

  /**
   * Resolves when all is written or cannot be, with null or the last error. Without a limit in
   * milliseconds it waits for a slow reader.
   */
  async drain(limitMs?: number): Promise<Error | null> {
    const limit = limitMs === undefined ? null : setTimeout(() => this.#settle(), limitMs);
    // The retry timer must keep the process alive meanwhile.
    this.#retry?.ref();
    if (this.#isBusy()) await new Promise<void>((resolve) => this.#onIdle.push(resolve));
    if (limit !== null) clearTimeout(limit);
    return this.#failure;
  }

  /** See `Outlet.reopen`. */
  reopen(): string | null {
    return this.#outlet.reopen();
  }

  #isBusy(): boolean {
    return this.#isWriting || (this.#bytes > 0 && this.#failure === null);
  }

  #settle(): void {
    for (const resolve of this.#onIdle.splice(0)) resolve();
  }

  #pump(): void {
    if (this.#isWriting || this.#retry !== null || this.#bytes === 0) return;
    this.#isWriting = true;
    this.#outlet.write(this.#batch(), (error, written) => {
      this.#isWriting = false;
      this.#advance(error === null ? written : 0);
      if (error !== null) this.#failed(error);
      else this.#wrote();
      if (!this.#isBusy()) this.#settle();
    });
  }

  #wrote(): void {
    this.#failure = null;
    if (this.#gap > 0 && this.#bytes <= this.#maxBytes / 2) {
      const lines = this.#gap;
      this.#gap = 0;
      this.onGap(lines);
    }
    this.#pump();
  }

  #failed(error: Error): void {
    const isFull = codeOf(error) === 'EAGAIN';
    this.#failure = isFull ? null : error;
    const retry = () => {
      this.#retry = null;
      this.#pump();
    };
    this.#retry = setTimeout(retry, isFull ? FULL_RETRY_MS : FAILED_RETRY_MS);
    if (this.#onIdle.length === 0) this.#retry.unref();
  }

  #batch(): Buffer {
    let size = 0;
    let count = 0;
    for (const bytes of this.#waiting) {
      if (count > 0 && size + bytes.length > WRITE_BYTES) break;
      size += bytes.length;
      count += 1;
    }
    return Buffer.concat(this.#waiting.slice(0, count));
  }

  /** Removes written bytes; the last line may have been written in part. */
  #advance(written: number): void {
    let left = written;
    let count = 0;
    for (const bytes of this.#waiting) {
      if (bytes.length > left) break;
      left -= bytes.length;
      count += 1;
    }
    this.#waiting.splice(0, count);
    const [first] = this.#waiting;
    if (left > 0 && first !== undefined) this.#waiting[0] = first.subarray(left);
    this.#bytes -= written;
  }
}

/** Opens standard output, of which nothing is dropped. */
export function openOutput(): LogSink {
  return new LogSink({ outlet: openOutlet(1, () => process.stdout), isTTY: isatty(1) });
}

/** Opens standard error for the log; lines without room are dropped and counted. */
export function openLog(): LogSink {
  const outlet = openOutlet(2, () => process.stderr);
  return new LogSink({ outlet, isTTY: isatty(2), maxBytes: MAX_LOG_BYTES });
}
