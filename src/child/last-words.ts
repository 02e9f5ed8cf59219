/** The end of an output, kept in its pieces. */
export class LastWords {
  readonly #most: number;
  #pieces: Buffer[] = [];
  #bytes = 0;

  /** `most`: number of bytes to keep. */
  constructor(most: number) {
    this.#most = most;
  }

  add(piece: Buffer): void {
    this.#pieces.push(piece);
    this.#bytes += piece.length;
    // Pieces are joined rarely, because most output is never asked for.
    if (this.#bytes > 2 * this.#most) this.#join();
  }

  forget(): void {
    this.#pieces = [];
    this.#bytes = 0;
  }

  toString(): string {
    return this.#join().toString();
  }

  #join(): Buffer {
    const joined = Buffer.concat(this.#pieces).subarray(-this.#most);
    this.#pieces = [joined];
    this.#bytes = joined.length;
    return joined;
  }
}
