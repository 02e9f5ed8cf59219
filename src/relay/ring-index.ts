import type { Opening, RingBounds } from './fanout.js';

/** One piece of a ring; offsets count from the beginning of the feed, in bytes. */
export interface RingPiece {
  readonly at: number;
  readonly end: number;
  /** Milliseconds on the ring's clock at which it came. */
  readonly since: number;
  readonly opening: Opening | null;
}

/** The pieces that a ring keeps, and the places where viewers may begin. */
export class RingIndex {
  readonly #bounds: RingBounds;
  /** In order; those before `#first` are dropped. */
  #pieces: RingPiece[] = [];
  #first = 0;
  #start = 0;
  #end = 0;
  #newest: RingPiece | null = null;

  constructor(bounds: RingBounds) {
    this.#bounds = bounds;
  }

  /** Offset of the first byte that is kept. */
  get start(): number {
    return this.#start;
  }

  /** Offset behind the last byte. */
  get end(): number {
    return this.#end;
  }

  /** The last piece at which a viewer may begin; null: there is none. */
  get newest(): RingPiece | null {
    return this.#newest;
  }

  append(size: number, opening: Opening | null, now: number): void {
    const piece = { at: this.#end, end: this.#end + size, since: now, opening };
    this.#pieces.push(piece);
    this.#end = piece.end;
    if (opening !== null) this.#newest = piece;
  }

  /** Has no viewer begin at any of the pieces so far. */
  forget(): void {
    this.#newest = null;
  }

  /** Returns the kept piece to which the byte at that offset belongs; null: it is none of them. */
  pieceAt(offset: number): RingPiece | null {
    if (offset < this.#start || offset >= this.#end) return null;
    let low = this.#first;
    let high = this.#pieces.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if ((this.#pieces[middle]?.at ?? 0) <= offset) low = middle;
      else high = middle - 1;
    }
    return this.#pieces[low] ?? null;
  }

  /** Returns where the ring would start within its bounds. */
  startAt(now: number): number {
    return this.#pieces[this.#keptFrom(now)]?.at ?? this.#end;
  }

  /** Drops the pieces before `startAt`. */
  trim(now: number): void {
    this.#first = this.#keptFrom(now);
    this.#start = this.#pieces[this.#first]?.at ?? this.#end;
    if ((this.#newest?.at ?? 0) < this.#start) this.#newest = null;
    // Now and then, so that dropping a piece costs the same however many there are.
    if (this.#first < 64 || this.#first < this.#pieces.length / 2) return;
    this.#pieces = this.#pieces.slice(this.#first);
    this.#first = 0;
  }

  #keptFrom(now: number): number {
    const { bytes, ms } = this.#bounds;
    const needed = this.#newest?.at ?? this.#end;
    let first = this.#first;
    for (let piece = this.#pieces[first]; piece; piece = this.#pieces[first]) {
      const isOld = now - piece.since > ms && piece.end <= needed;
      if (!isOld && this.#end - piece.at <= bytes) break;
      first += 1;
    }
    return first;
  }
}
