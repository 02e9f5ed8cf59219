const FIRST_SIZE = 4096;

/**
 * Unprocessed bytes of a connection, addressed by their offset in everything received. Memory
 * doubles, so each byte is copied a few times at most, however small the pieces.
 */
export class KeptBytes {
  #memory: Buffer = Buffer.alloc(0);
  /** Offsets of the first byte in `#memory` and of the first byte not yet received. */
  #from = 0;
  #end = 0;
  /** Offset of the first byte still needed; bytes before it may be dropped. */
  #start = 0;

  /** Number of bytes received so far. */
  get end(): number {
    return this.#end;
  }

  push(bytes: Buffer): void {
    const needed = this.#end - this.#from + bytes.length;
    if (needed > this.#memory.length) this.#grow(bytes.length);
    bytes.copy(this.#memory, this.#end - this.#from);
    this.#end += bytes.length;
  }

  /** A view of the bytes; later calls do not change its contents. */
  slice(start: number, end: number): Buffer {
    return this.#memory.subarray(start - this.#from, end - this.#from);
  }

  forget(upTo: number): void {
    this.#start = upTo;
  }

  #grow(more: number): void {
    const kept = this.slice(this.#start, this.#end);
    this.#memory = Buffer.allocUnsafeSlow(Math.max(2 * (kept.length + more), FIRST_SIZE));
    kept.copy(this.#memory);
    this.#from = this.#start;
  }
}
