import { INCOMPLETE, type Parsed, value } from '../result.js';
import { ByteQueue } from '../rtmp/byte-queue.js';
import { BACK_POINTER_SIZE, parseFileHeader, parseTag, type RawTag, tagSize } from './tag.js';

/** Enough bytes to know how long a header or a tag is. */
const LOOK = 128;

/**
 * Reads an FLV stream that arrives in pieces of any size. It keeps less than one tag, which has 16
 * MB at most.
 */
export class FlvReader {
  readonly #queue = new ByteQueue();
  #header: Buffer | null = null;

  /** The file header with the first back pointer; null: it has not come yet. */
  get header(): Buffer | null {
    return this.#header;
  }

  /** Appends bytes. The caller must not change them afterwards. */
  push(bytes: Buffer): void {
    this.#queue.push(bytes);
  }

  /** Returns the next whole tag. */
  next(): Parsed<RawTag> {
    if (this.#header === null) {
      const header = this.#readHeader();
      if (header.kind !== 'value') return header;
      this.#header = header.value;
    }
    const size = tagSize(this.#queue.peek(LOOK));
    if (size === null || size > this.#queue.length) return INCOMPLETE;
    const tag = parseTag(this.#queue.peek(size));
    this.#queue.skip(size);
    return tag.kind === 'value' ? value(tag.value, size) : tag;
  }

  #readHeader(): Parsed<Buffer> {
    const header = parseFileHeader(this.#queue.peek(LOOK));
    if (header.kind !== 'value') return header;
    const size = header.consumed + BACK_POINTER_SIZE;
    if (size > this.#queue.length) return INCOMPLETE;
    const bytes = Buffer.from(this.#queue.peek(size));
    this.#queue.skip(size);
    return value(bytes, size);
  }
}
