import { isatty } from 'node:tty';
import { codeOf } from '../errors.js';
import { type Outlet, openOutlet } from './outlet.js';

/** Bytes of a log that may wait for whoever reads it. */
const MAX_LOG_BYTES = 1024 * 1024;
/** So much is written at once. */
const WRITE_BYTES = 64 * 1024;
/** After so long a full pipe is tried again; it tells nobody that it has room. */
const FULL_RETRY_MS = 50;
/** And a full disk, or a pipe that nobody reads. */
const FAILED_RETRY_MS = 1000;

export interface SinkOptions {
  readonly outlet: Outlet;
  readonly isTTY?: boolean;
  /** What may wait; lines that find no room are dropped. Default: any number of bytes. */
  readonly maxBytes?: number;
  /** Told, once there is room again, how many lines were dropped. */
  readonly onGap?: (lines: number) => void;
}

/**
 * Lines on their way to something that may fail, block, fill and come back. A write returns at
 * once; what cannot be written waits, within a bound, and is tried again for as long as we run.
 */
export class LogSink {
  readonly isTTY: boolean;
  readonly #outlet: Outlet;
  readonly #maxBytes: number;
  /** See `SinkOptions`; whoever makes the logger sets it. */
  onGap: (lines: number) => void;
  #waiting: Buffer[] = [];
  #bytes = 0;
  #isWriting = false;
  #retry: NodeJS.Timeout | null = null;
  #failure: Error | null = null;
  /** Since there was room last. */
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

  /** Takes whole lines. Never throws. */
  write(lines: string): void {
    const bytes = Buffer.from(lines);
    // Behind a gap nothing is taken until there is room for more than a line or two.
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
   * Resolves when all is written, or cannot be: with null, or the error that was the last word.
   * Without a limit in ms it waits for a reader that is slow.
   */
  async drain(limitMs?: number): Promise<Error | null> {
    const limit = limitMs === undefined ? null : setTimeout(() => this.#settle(), limitMs);
    // Nothing else may keep the process alive meanwhile.
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

  /** Of the last line a part may have been taken. */
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

/** Standard output: nothing of it is dropped. */
export function openOutput(): LogSink {
  return new LogSink({ outlet: openOutlet(1, () => process.stdout), isTTY: isatty(1) });
}

/** Standard error, the log's place: what finds no room is dropped and counted. */
export function openLog(): LogSink {
  const outlet = openOutlet(2, () => process.stderr);
  return new LogSink({ outlet, isTTY: isatty(2), maxBytes: MAX_LOG_BYTES });
}
