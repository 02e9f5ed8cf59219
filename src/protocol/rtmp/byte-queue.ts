const NOTHING = Buffer.alloc(0);

/** Bytes in order of arrival, read without joining the pieces they came in. */
export class ByteQueue {
  readonly #pieces: Buffer[] = [];
  /** Number of bytes of the first piece that were consumed. */
  #at = 0;
  #length = 0;

  /** Number of bytes not yet consumed. */
  get length(): number {
    return this.#length;
  }

  /** The next byte, if there is one. */
  get first(): number | undefined {
    return this.#pieces[0]?.[this.#at];
  }

  /** Appends bytes. The caller must not change them afterwards. */
  push(bytes: Buffer): void {
    if (bytes.length === 0) return;
    this.#pieces.push(bytes);
    this.#length += bytes.length;
  }

  /**
   * Returns up to `size` bytes from the front without consuming them. Copies only if they span
   * pieces.
   */
  peek(size: number): Buffer {
    const wanted = Math.min(size, this.#length);
    const front = this.#view(wanted);
    return front.length === wanted ? front : this.#join(wanted);
  }

  /** Consumes the longest run at the front that lies in one piece, at most `limit` bytes. */
  take(limit: number): Buffer {
    const front = this.#view(limit);
    this.skip(front.length);
    return front;
  }

  /** Drops up to `size` bytes from the front. */
  skip(size: number): void {
    this.#at += Math.min(size, this.#length);
    this.#length -= Math.min(size, this.#length);
    for (let front = this.#pieces[0]; front && this.#at >= front.length; front = this.#pieces[0]) {
      this.#at -= front.length;
      this.#pieces.shift();
    }
  }

  /** Copies what was not consumed: the bytes that were pushed may change afterwards. */
  own(): void {
    if (this.#length === 0) return;
    this.#pieces.splice(0, this.#pieces.length, this.#join(this.#length));
    this.#at = 0;
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
