const FIRST_SIZE = 4096;

/**
 * Bytes of a connection that are not dealt with yet, by where they lie in all that has come. However
 * small the pieces, each byte is copied a few times at most.
 */
export class KeptBytes {
  #memory: Buffer = Buffer.alloc(0);
  /** Where in all bytes the memory begins, and up to where it is written. */
  #from = 0;
  #end = 0;
  /** What lies before is forgotten. */
  #start = 0;

  /** How many bytes have come. */
  get end(): number {
    return this.#end;
  }

  push(bytes: Buffer): void {
    const needed = this.#end - this.#from + bytes.length;
    if (needed > this.#memory.length) this.#grow(bytes.length);
    bytes.copy(this.#memory, this.#end - this.#from);
    this.#end += bytes.length;
  }

  /** A view that stays as it is, whatever comes. */
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
