/** Bytes in the order they arrived, read without joining what came in pieces. */
export class ByteQueue {
  readonly #pieces: Buffer[] = [];
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
    const front = this.#pieces[0];
    if (front && (front.length >= size || this.#pieces.length === 1))
      return front.subarray(0, size);
    const bytes = Buffer.allocUnsafe(Math.min(size, this.#length));
    let filled = 0;
    for (const piece of this.#pieces) {
      if (filled === bytes.length) break;
      filled += piece.copy(bytes, filled);
    }
    return bytes;
  }

  /** The longest run of bytes at the front that lies in one piece, at most `limit` bytes. */
  take(limit: number): Buffer {
    const front = this.#pieces[0]?.subarray(0, limit) ?? Buffer.alloc(0);
    this.skip(front.length);
    return front;
  }

  /** Drops up to `size` bytes from the front. */
  skip(size: number): void {
    for (let left = size; left > 0; ) {
      const front = this.#pieces[0];
      if (!front) return;
      const dropped = Math.min(left, front.length);
      if (dropped === front.length) this.#pieces.shift();
      else this.#pieces[0] = front.subarray(dropped);
      this.#length -= dropped;
      left -= dropped;
    }
  }
}
