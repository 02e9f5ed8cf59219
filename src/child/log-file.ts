import { once } from 'node:events';
import { stat } from 'node:fs/promises';
import { basename, dirname } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { createStream, type RotatingFileStream } from 'rotating-file-stream';
import { codeOf, messageOf } from '../errors.js';
import { type Logger, silentLogger } from '../logging/logger.js';

export interface LogOptions {
  /** Size at which a new file begins, such as `10M`. */
  readonly size?: `${number}${'K' | 'M'}`;
  /** Number of old files to keep. */
  readonly keep?: number;
  readonly logger?: Logger;
  /** Makes the file's folder again before the file is reopened. Rejects if it may not. */
  readonly prepare?: () => Promise<void>;
  /** Milliseconds between attempts to write again. */
  readonly retryMs?: number;
}

/** Most bytes that wait for the disk. */
const MAX_WAITING = 1024 * 1024;
const RETRY_MS = 5_000;
/** Longest milliseconds between attempts: a nearly full disk fails again and again. */
const SLOWEST_RETRY_MS = 60_000;
/** Milliseconds that our end waits for a disk that hangs. */
const CLOSE_LIMIT_MS = 500;
/** Milliseconds between checks that the file exists: bytes written to a removed file are lost. */
const LOOK_MS = 10_000;

/**
 * A rotated file that survives a full or failing disk and a removed folder. Bytes that cannot be
 * written meanwhile are dropped and counted, and the file is reopened every few seconds.
 */
export class LogFile {
  readonly #path: string;
  readonly #options: LogOptions;
  readonly #logger: Logger;
  #stream: RotatingFileStream | null;
  /** Reason why nothing is written now; null: all is. */
  #failure: string | null = null;
  /** Bytes dropped since it failed. */
  #dropped = 0;
  #hasGaps = false;
  #wait: number;
  #retry: NodeJS.Timeout | null = null;
  #writtenAgainAt = Number.NEGATIVE_INFINITY;
  #lookedAt = performance.now();
  #isMissing = false;
  #isClosed = false;

  constructor(path: string, options: LogOptions) {
    this.#path = path;
    this.#options = options;
    this.#logger = options.logger ?? silentLogger;
    this.#wait = options.retryMs ?? RETRY_MS;
    this.#stream = this.#open();
  }

  /** Writes without waiting: a child that waits for its log serves nobody. */
  write(bytes: Buffer): void {
    const stream = this.#stream;
    if (stream === null) this.#dropped += bytes.length;
    else if (stream.writableLength <= MAX_WAITING) this.#writeTo(stream, bytes);
    else this.#noteGap();
    if (performance.now() - this.#lookedAt > LOOK_MS) void this.#look();
  }

  /** Lets the next gap be logged again, for a new generation of the child. */
  forgetGaps(): void {
    this.#hasGaps = false;
  }

  /**
   * Continues in a new file if the present one has been renamed. A failed file is retried anyway.
   */
  reopen(): void {
    const stream = this.#stream;
    if (stream === null) return;
    this.#stream = this.#open();
    stream.end();
  }

  /** Resolves when all is written, or cannot be. */
  async close(): Promise<void> {
    this.#isClosed = true;
    clearTimeout(this.#retry ?? undefined);
    const stream = this.#stream;
    this.#stream = null;
    if (stream === null || stream.destroyed) return;
    const closed = once(stream, 'close').catch(() => {});
    stream.end();
    const limit = new AbortController();
    const late = delay(CLOSE_LIMIT_MS, undefined, { signal: limit.signal }).catch(() => {});
    await Promise.race([closed, late]);
    limit.abort();
  }

  #open(): RotatingFileStream {
    const { size = '10M', keep = 3 } = this.#options;
    const path = dirname(this.#path);
    const stream = createStream(basename(this.#path), { path, size, rotate: keep, mode: 0o600 });
    stream.on('error', (error) => this.#fail(stream, messageOf(error)));
    return stream;
  }

  #writeTo(stream: RotatingFileStream, bytes: Buffer, onWritten = () => {}): void {
    stream.write(bytes, (error) => {
      if (error) this.#dropped += bytes.length;
      else onWritten();
    });
  }

  #noteGap(): void {
    if (this.#hasGaps) return;
    this.#hasGaps = true;
    this.#logger.warn({ path: this.#path }, 'the disk is too slow: a child has gaps in its log');
  }

  #fail(stream: RotatingFileStream, reason: string): void {
    if (this.#stream !== stream) return;
    this.#stream = null;
    if (this.#failure === null) {
      this.#logger.warn({ path: this.#path, reason }, 'a child’s log cannot be written: retrying');
      this.#wait = this.#nextWait();
    }
    this.#failure = reason;
    this.#retryLater();
  }

  #nextWait(): number {
    const { retryMs = RETRY_MS } = this.#options;
    const isFresh = performance.now() - this.#writtenAgainAt < SLOWEST_RETRY_MS;
    return isFresh ? Math.min(2 * this.#wait, SLOWEST_RETRY_MS) : retryMs;
  }

  #retryLater(): void {
    if (this.#isClosed) return;
    this.#retry = setTimeout(() => void this.#openAgain(), this.#wait);
    this.#retry.unref();
  }

  async #openAgain(): Promise<void> {
    try {
      await this.#options.prepare?.();
    } catch {
      return this.#retryLater();
    }
    if (this.#isClosed) return;
    const stream = this.#open();
    this.#stream = stream;
    // The last write before a disk is full may have been cut short without an error.
    const note = `\n--- at least ${this.#dropped} bytes are missing: ${this.#failure} ---\n`;
    this.#writeTo(stream, Buffer.from(note), () => this.#writtenAgain());
  }

  #writtenAgain(): void {
    const fields = { path: this.#path, dropped: this.#dropped, reason: this.#failure };
    this.#logger.warn(fields, 'a child’s log is written again, bytes were dropped');
    this.#failure = null;
    this.#dropped = 0;
    this.#writtenAgainAt = performance.now();
  }

  /** Tests twice, because a file is missing for a moment during rotation. */
  async #look(): Promise<void> {
    this.#lookedAt = performance.now();
    const stream = this.#stream;
    if (stream === null) return;
    const code = await stat(this.#path).then(() => '', codeOf);
    const wasMissing = this.#isMissing;
    this.#isMissing = code === 'ENOENT';
    if (!wasMissing || !this.#isMissing) return;
    this.#isMissing = false;
    this.#fail(stream, 'the file was removed');
    stream.end();
  }
}
