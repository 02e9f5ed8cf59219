/** The end of all that was said, in the pieces that it came in. */
export class LastWords {
  readonly #most: number;
  #pieces: Buffer[] = [];
  #bytes = 0;

  /** `most`: bytes that are kept. */
  constructor(most: number) {
    this.#most = most;
  }

  add(piece: Buffer): void {
    this.#pieces.push(piece);
    this.#bytes += piece.length;
    // Joined rarely: most of what is said is never asked for.
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
