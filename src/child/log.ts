import type { Readable } from 'node:stream';
import { hideTokens } from '../logging/redact.js';
import { readGathered } from './gathered-read.js';
import { LastWords } from './last-words.js';
import { LogFile, type LogOptions } from './log-file.js';

/** Bytes of a child's last output that are kept for messages. */
const TAIL_BYTES = 16 * 1024;
/** Milliseconds of output that are written together: a write costs more than a line. */
const WRITE_MS = 250;
/** Bytes from which on output is written at once. */
const WRITE_BYTES = 64 * 1024;
/** Longest line that is waited for, bytes. */
const LINE_BYTES = 16 * 1024;
const NEWLINE = 0x0a;

/** One rotated file for the output of all generations of a child. */
export class ChildLog {
  readonly #path: string;
  readonly #options: LogOptions;
  #file: LogFile | null = null;
  /** Stop the reading of the present process's output. */
  #stops: (() => void)[] = [];
  readonly #lastWords = new LastWords(TAIL_BYTES);
  /** Output that is not written yet. */
  #pieces: Buffer[] = [];
  #bytes = 0;
  #timer: NodeJS.Timeout | null = null;

  constructor(path: string, options: LogOptions = {}) {
    this.#path = path;
    this.#options = options;
  }

  /** Attaches the output of a new process, and forgets the last output of the one before. */
  attach(...streams: readonly Readable[]): void {
    this.#lastWords.forget();
    this.#file ??= new LogFile(this.#path, this.#options);
    this.#file.forgetGaps();
    this.#stops = streams.map((stream) => readGathered(stream, (bytes) => this.#take(bytes)));
    for (const stream of streams) {
      stream.on('error', () => stream.destroy());
    }
  }

  /** Returns the end of the output of the present process, at most 16 KB. */
  tail(): string {
    return this.#lastWords.toString();
  }

  /** Continues in a new file if the present one has been renamed (logrotate). */
  reopen(): void {
    this.#write();
    this.#file?.reopen();
  }

  /** Reads no more: what comes stays in the pipes. Resolves when all that was read is written. */
  leave(): Promise<void> {
    for (const stop of this.#stops) stop();
    return this.close();
  }

  /** Resolves when all is written, or cannot be. */
  async close(): Promise<void> {
    this.#write(true);
    const file = this.#file;
    this.#file = null;
    await file?.close();
  }

  #take(bytes: Buffer): void {
    this.#lastWords.add(bytes);
    this.#pieces.push(bytes);
    this.#bytes += bytes.length;
    if (this.#bytes >= WRITE_BYTES) this.#write();
    else this.#timer ??= setTimeout(() => this.#write(), WRITE_MS);
  }

  /** Writes whole lines, so that a token is found that comes in two pieces; all if `isLast`. */
  #write(isLast = false): void {
    clearTimeout(this.#timer ?? undefined);
    this.#timer = null;
    const bytes = Buffer.concat(this.#pieces);
    const lines = bytes.lastIndexOf(NEWLINE) + 1;
    const end = isLast || bytes.length - lines > LINE_BYTES ? bytes.length : lines;
    const rest = bytes.subarray(end);
    this.#pieces = rest.length > 0 ? [rest] : [];
    this.#bytes = rest.length;
    if (end > 0) this.#file?.write(hideTokens(bytes.subarray(0, end)));
  }
}
