const NOTHING = Buffer.alloc(0);

/** Bytes in the order they arrived, read without joining what came in pieces. */
export class ByteQueue {
  readonly #pieces: Buffer[] = [];
  /** Bytes of the first piece that are gone. */
  #at = 0;
  #length = 0;

  /** Bytes not yet taken. */
  get length(): number {
    return this.#length;
  }

  /** Adds bytes, which the caller must not change any more. */
  push(bytes: Buffer): void {
    if (bytes.length === 0) return;
    this.#pieces.push(bytes);
    this.#length += bytes.length;
  }

  /** Up to `size` bytes from the front, which stay; a copy only where they lie in several pieces. */
  peek(size: number): Buffer {
    const wanted = Math.min(size, this.#length);
    const listener = this.#view(wanted);
    return listener.length === wanted ? listener : this.#join(wanted);
  }

  /** The longest run of bytes at the front that lies in one piece, at most `limit` bytes. */
  take(limit: number): Buffer {
    const listener = this.#view(limit);
    this.skip(listener.length);
    return listener;
  }

  /** Drops up to `size` bytes from the front. */
  skip(size: number): void {
    this.#at += Math.min(size, this.#length);
    this.#length -= Math.min(size, this.#length);
    for (
      let listener = this.#pieces[0];
      listener && this.#at >= listener.length;
      listener = this.#pieces[0]
    ) {
      this.#at -= listener.length;
      this.#pieces.shift();
    }
  }

  #view(limit: number): Buffer {
    return this.#pieces[0]?.subarray(this.#at, this.#at + limit) ?? NOTHING;
  }

  #join(size: number): Buffer {
    const bytes = Buffer.allocUnsafe(size);
    let filled = 0;
    let from = this.#at;
    for (const piece of this.#pieces) {
      if (filled === size) break;
      filled += piece.copy(bytes, filled, from);
      from = 0;
    }
    return bytes;
  }
}
