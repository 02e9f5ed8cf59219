import { once } from 'node:events';
import { basename, dirname } from 'node:path';
import type { Readable } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';
import { createStream, type RotatingFileStream } from 'rotating-file-stream';
import { messageOf } from '../errors.js';
import { type Logger, silentLogger } from '../logger.js';
import { readGathered } from './gathered-read.js';
import { LastWords } from './last-words.js';

export interface LogOptions {
  /** Size at which a new file begins, as `10M`. */
  readonly size?: `${number}${'K' | 'M'}`;
  /** How many old files are kept. */
  readonly keep?: number;
  readonly logger?: Logger;
}

/** Bytes of a child's last words that are kept to quote from. */
const TAIL_BYTES = 16 * 1024;
/** Bytes that may wait for the disk. */
const MAX_WAITING = 1024 * 1024;
/** What comes within this time is written together: a write costs more than a line does. */
const WRITE_MS = 250;
/** So much is written at once. */
const WRITE_BYTES = 64 * 1024;
/** A disk that hangs may not hold up our end. */
const CLOSE_LIMIT_MS = 500;

/** One rotated file for all that a child says, in all its lives. */
export class ChildLog {
  readonly #path: string;
  readonly #options: LogOptions;
  readonly #logger: Logger;
  #file: RotatingFileStream | null = null;
  readonly #lastWords = new LastWords(TAIL_BYTES);
  /** Not written yet. */
  #pieces: Buffer[] = [];
  #bytes = 0;
  #timer: NodeJS.Timeout | null = null;
  /** Of the present life. */
  #hasGaps = false;

  constructor(path: string, options: LogOptions = {}) {
    this.#path = path;
    this.#options = options;
    this.#logger = options.logger ?? silentLogger;
  }

  /** Takes the output of a new life; forgets the words of the last one. */
  attach(...streams: readonly Readable[]): void {
    this.#lastWords.forget();
    this.#hasGaps = false;
    this.#file ??= this.#open();
    for (const stream of streams) {
      readGathered(stream, (bytes) => this.#take(bytes));
      stream.on('error', () => stream.destroy());
    }
  }

  /** The end of what the present life said, at most 16 KB. */
  tail(): string {
    return this.#lastWords.toString();
  }

  /** Goes on in a new file where the present one has been renamed (logrotate). */
  reopen(): void {
    if (this.#file === null) return;
    this.#write();
    this.#file.end();
    this.#file = this.#open();
  }

  /** Resolves when all is written, or cannot be. */
  async close(): Promise<void> {
    this.#write();
    const file = this.#file;
    this.#file = null;
    if (file === null || file.destroyed) return;
    const closed = once(file, 'close').catch(() => {});
    file.end();
    const limit = new AbortController();
    const late = delay(CLOSE_LIMIT_MS, undefined, { signal: limit.signal }).catch(() => {});
    await Promise.race([closed, late]);
    limit.abort();
  }

  #take(bytes: Buffer): void {
    this.#lastWords.add(bytes);
    this.#pieces.push(bytes);
    this.#bytes += bytes.length;
    if (this.#bytes >= WRITE_BYTES) this.#write();
    else this.#timer ??= setTimeout(() => this.#write(), WRITE_MS);
  }

  /** A child that waits for its log serves nobody, so what the disk cannot take is dropped. */
  #write(): void {
    clearTimeout(this.#timer ?? undefined);
    this.#timer = null;
    const bytes = Buffer.concat(this.#pieces);
    this.#pieces = [];
    this.#bytes = 0;
    const file = this.#file;
    if (file === null || bytes.length === 0) return;
    if (file.writableLength <= MAX_WAITING) file.write(bytes);
    else if (!this.#hasGaps) {
      this.#hasGaps = true;
      this.#logger.warn({ path: this.#path }, 'the disk is too slow: a child has gaps in its log');
    }
  }

  #open(): RotatingFileStream {
    const { size = '10M', keep = 3 } = this.#options;
    const path = dirname(this.#path);
    const file = createStream(basename(this.#path), { path, size, rotate: keep, mode: 0o600 });
    file.on('error', (error) => {
      this.#logger.warn(
        { path: this.#path, reason: messageOf(error) },
        'a child has no log until it starts again',
      );
      if (this.#file === file) this.#file = null;
    });
    return file;
  }
}
