const FIRST_SIZE = 512;
/** Longest text in characters that is copied one by one: up to here `Buffer.write` costs more. */
const MAX_COPIED = 64;

/** Appends bytes and big-endian numbers to a buffer that grows. */
export class ByteWriter {
  #memory: Buffer;
  #length = 0;

  /** `size`: expected number of bytes. */
  constructor(size = FIRST_SIZE) {
    this.#memory = Buffer.allocUnsafe(size);
  }

  /** All bytes written so far. Later writes do not change this view. */
  get written(): Buffer {
    return this.#memory.subarray(0, this.#length);
  }

  uint8(number: number): void {
    const at = this.#reserve(1);
    this.#memory[at] = number;
  }

  uint16(number: number): void {
    const at = this.#reserve(2);
    this.#memory.writeUInt16BE(number, at);
  }

  uint24(number: number): void {
    const at = this.#reserve(3);
    this.#memory.writeUIntBE(number, at, 3);
  }

  uint32(number: number): void {
    const at = this.#reserve(4);
    this.#memory.writeUInt32BE(number, at);
  }

  uint32LE(number: number): void {
    const at = this.#reserve(4);
    this.#memory.writeUInt32LE(number, at);
  }

  double(number: number): void {
    const at = this.#reserve(8);
    this.#memory.writeDoubleBE(number, at);
  }

  bytes(bytes: Uint8Array): void {
    const at = this.#reserve(bytes.length);
    this.#memory.set(bytes, at);
  }

  /** Writes UTF-8 text whose encoded length is `size` bytes. */
  text(text: string, size: number): void {
    const at = this.#reserve(size);
    if (size !== text.length || size > MAX_COPIED) {
      this.#memory.write(text, at, size);
      return;
    }
    for (let i = 0; i < size; i += 1) this.#memory[at + i] = text.charCodeAt(i);
  }

  /** Returns the offset for the next `size` bytes. May replace `#memory`. */
  #reserve(size: number): number {
    const at = this.#length;
    this.#length += size;
    if (this.#length > this.#memory.length) this.#grow();
    return at;
  }

  #grow(): void {
    const memory = Buffer.allocUnsafe(Math.max(this.#length, 2 * this.#memory.length));
    this.#memory.copy(memory);
    this.#memory = memory;
  }
}
