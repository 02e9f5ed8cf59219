import { INCOMPLETE, invalid, type Parsed, value } from '../result.js';
import { ByteQueue } from '../rtmp/byte-queue.js';

/** A part of a chunked body. */
export interface ChunkPart {
  readonly bytes: Buffer;
  /** The chunk ends behind these bytes. */
  readonly endsChunk: boolean;
  /** The body has ended; `bytes` is empty. */
  readonly endsBody: boolean;
}

/** Most characters of a line with a chunk's size, extensions included. */
const MAX_LINE = 256;
const END = Buffer.from('0\r\n\r\n');

/** Encodes bytes as one chunk of an HTTP/1.1 body (RFC 9112 §7.1). */
export function httpChunk(parts: readonly Buffer[]): Buffer {
  const size = parts.reduce((sum, part) => sum + part.length, 0);
  return Buffer.concat([Buffer.from(`${size.toString(16)}\r\n`), ...parts, Buffer.from('\r\n')]);
}

/** The last chunk, without trailers. */
export const LAST_CHUNK: Buffer = END;

/** Decodes a chunked body that arrives in pieces of any size; keeps no more than a line. */
export class ChunkedBody {
  readonly #queue = new ByteQueue();
  /** Bytes of the present chunk that have not come yet; null: a size line is next. */
  #left: number | null = null;
  /** The line end behind a chunk is next. */
  #closes = false;

  /** Appends bytes. The caller must not change them afterwards. */
  push(bytes: Buffer): void {
    this.#queue.push(bytes);
  }

  /** Returns the next part; trailers are not read. */
  next(): Parsed<ChunkPart> {
    if (this.#closes) {
      if (this.#queue.length < 2) return INCOMPLETE;
      if (this.#queue.peek(2).toString('latin1') !== '\r\n') return invalid('no end of chunk');
      this.#queue.skip(2);
      this.#closes = false;
    }
    if (this.#left === null) {
      const line = this.#readLine();
      if (line.kind !== 'value') return line;
      if (line.value === 0) return part(Buffer.alloc(0), true);
      this.#left = line.value;
    }
    return this.#data(this.#left);
  }

  #data(left: number): Parsed<ChunkPart> {
    const bytes = this.#queue.take(left);
    if (bytes.length === 0) return INCOMPLETE;
    const isLast = bytes.length === left;
    this.#left = isLast ? null : left - bytes.length;
    this.#closes = isLast;
    return part(bytes, false, isLast);
  }

  /** Reads a line with a chunk's size. */
  #readLine(): Parsed<number> {
    const line = this.#queue.peek(MAX_LINE);
    const end = line.indexOf('\r\n');
    if (end < 0) return line.length < MAX_LINE ? INCOMPLETE : invalid('long chunk size');
    const digits = /^[0-9a-fA-F]{1,12}(?=[;\t ]|$)/.exec(line.toString('latin1', 0, end))?.[0];
    if (digits === undefined) return invalid('bad chunk size');
    this.#queue.skip(end + 2);
    return value(Number.parseInt(digits, 16), end + 2);
  }
}

function part(bytes: Buffer, endsBody: boolean, endsChunk = true): Parsed<ChunkPart> {
  return value({ bytes, endsChunk, endsBody }, bytes.length);
}
