import type { Readable } from 'node:stream';

/** Bytes that one read takes at most: few large reads cost least. */
const MOST = 256 * 1024;
/** Bytes that one read takes at least, which is also what Node's streams take. */
const LEAST = 16 * 1024;
/** Bytes of memory for all reads: each open file holds one that is being sent and the next one. */
const BUDGET = 16 * 1024 * 1024;

/** Sizes of the reads of open files: the more are open, the less each holds in memory. */
export class OpenReads {
  #open = 0;

  /** Returns the bytes of each read of the next file. */
  get size(): number {
    const share = BUDGET / (2 * (this.#open + 1));
    return Math.max(LEAST, Math.min(MOST, LEAST * Math.floor(share / LEAST)));
  }

  /** Counts a file until its body is closed. */
  add(body: Readable): void {
    if (body.closed) return;
    this.#open += 1;
    body.once('close', () => {
      this.#open -= 1;
    });
  }
}
