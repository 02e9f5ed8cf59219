import { type FileHandle, open, stat } from 'node:fs/promises';
import { codeOf } from '../errors.js';

/** Bytes that are read at a time, and at most looked through for the last lines of a file. */
const PIECE_BYTES = 64 * 1024;
const MOST_TAIL_BYTES = 4 * 1024 * 1024;
/** Most bytes that are read at one look. */
const MOST_NEWS_BYTES = 1024 * 1024;

/** A log file that grows, and goes on in a new file of the same name. */
export class TailedFile {
  readonly #path: string;
  #file: FileHandle | null = null;
  #inode = 0;
  #offset = 0;
  /** Bytes of a line without its end yet. */
  #rest = Buffer.alloc(0);

  constructor(path: string) {
    this.#path = path;
  }

  /** Returns the last lines; `more` goes on from there. Rejects with the system's error. */
  async last(count: number): Promise<string[]> {
    const { file, size } = await this.#open();
    let start = size;
    let bytes = Buffer.alloc(0);
    while (start > 0 && size - start < MOST_TAIL_BYTES && linesIn(bytes) <= count) {
      const length = Math.min(PIECE_BYTES, start);
      start -= length;
      bytes = Buffer.concat([await readAt(file, start, length), bytes]);
    }
    this.#offset = size;
    const lines = this.#take(bytes);
    return count === 0 ? [] : lines.slice(-count);
  }

  /** Returns the lines since the last call. A file that is away for a moment has none. */
  async more(): Promise<string[]> {
    try {
      const { file, size } = await this.#open();
      if (size < this.#offset) this.#offset = 0;
      const bytes = await readAt(
        file,
        this.#offset,
        Math.min(size - this.#offset, MOST_NEWS_BYTES),
      );
      this.#offset += bytes.length;
      const lines = this.#take(bytes);
      if (this.#offset >= size) await this.#follow();
      return lines;
    } catch (error) {
      if (codeOf(error) === 'ENOENT') return [];
      throw error;
    }
  }

  async close(): Promise<void> {
    await this.#file?.close();
    this.#file = null;
  }

  async #open(): Promise<{ file: FileHandle; size: number }> {
    this.#file ??= await open(this.#path);
    const { size, ino } = await this.#file.stat();
    this.#inode = ino;
    return { file: this.#file, size };
  }

  /** Goes on with the next file if there is another one at the path. */
  async #follow(): Promise<void> {
    const { ino } = await stat(this.#path);
    if (ino === this.#inode) return;
    await this.close();
    this.#offset = 0;
  }

  #take(bytes: Buffer): string[] {
    const all = Buffer.concat([this.#rest, bytes]);
    const end = all.lastIndexOf(10) + 1;
    this.#rest = all.subarray(end);
    return end === 0 ? [] : all.toString('utf8', 0, end - 1).split('\n');
  }
}

function linesIn(bytes: Buffer): number {
  let count = 0;
  for (const byte of bytes) if (byte === 10) count += 1;
  return count;
}

async function readAt(file: FileHandle, position: number, length: number): Promise<Buffer> {
  const { buffer, bytesRead } = await file.read(Buffer.alloc(length), 0, length, position);
  return buffer.subarray(0, bytesRead);
}
