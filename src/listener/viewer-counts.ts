import type { StreamKey } from '../stream-key.js';

/** Counts of viewers on their way and under way, by stream, however they are served. */
export class ViewerCounts {
  readonly #counts = new Map<StreamKey, number>();

  /** Returns the viewers of a stream. */
  of(stream: StreamKey): number {
    return this.#counts.get(stream) ?? 0;
  }

  /** Counts viewers in, or out by a negative number. */
  add(stream: StreamKey, viewers: number): void {
    const count = this.of(stream) + viewers;
    if (count === 0) this.#counts.delete(stream);
    else this.#counts.set(stream, count);
  }
}
