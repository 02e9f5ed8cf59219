import type { Piece, RingBounds } from '../fanout.js';
import { RingIndex } from '../ring-index.js';
import { addressOf } from './libc.js';
import { punchHole, readAt, sendFile, writeAt } from './libc-files.js';

/**
 * Memory is given back in blocks of this size, at multiples of it. The kernel frees whole pages of
 * a hole and writes zeros into those at its ends, which sockets may still be sending; no page,
 * huge ones included, is longer.
 */
const BLOCK = 2 * 1024 * 1024;

/** The bytes of one feed in a memfd: written at its end, sent from any offset, freed behind. */
export class Ring {
  readonly #fd: number;
  readonly #index: RingIndex;
  /** All before this offset was given back. */
  #freed = 0;

  /** `fd`: an empty memfd, which the caller closes. */
  constructor(fd: number, bounds: RingBounds) {
    this.#fd = fd;
    this.#index = new RingIndex(bounds);
  }

  get index(): Omit<RingIndex, 'append' | 'trim'> {
    return this.#index;
  }

  /** Bytes of memory that it occupies. */
  get size(): number {
    return this.#index.end - this.#freed;
  }

  /** Returns whether the system had memory for the pieces. */
  append(pieces: readonly Piece[], now: number): boolean {
    if (pieces.length === 0) return true;
    const bytes = Buffer.concat(pieces.map((piece) => piece.bytes));
    if (writeAt(this.#fd, addressOf(bytes), bytes.length, this.#index.end) !== bytes.length) {
      return false;
    }
    for (const piece of pieces) this.#index.append(piece.bytes.length, piece.opening, now);
    return true;
  }

  /** Sends what lies between two offsets; returns how much, or -1 with `errno()`. Never blocks. */
  send(to: number, offset: number, end: number): number {
    return sendFile(to, this.#fd, offset, end - offset);
  }

  /** Returns a copy of the bytes between two offsets that are kept. */
  read(from: number, to: number): Buffer {
    const bytes = Buffer.alloc(to - from);
    const got = readAt(this.#fd, addressOf(bytes), bytes.length, from);
    return bytes.subarray(0, Math.max(got, 0));
  }

  /** Drops what is out of bounds. Nobody may be in the middle of a piece before `startAt`. */
  trim(now: number): void {
    this.#index.trim(now);
    const end = this.#index.start - (this.#index.start % BLOCK);
    if (end <= this.#freed) return;
    if (punchHole(this.#fd, this.#freed, end - this.#freed)) this.#freed = end;
  }
}
