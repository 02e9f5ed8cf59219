import type { Batch } from './batch.js';

/** SRS's own cap; a stream without keyframes may not fill the memory. */
const MAX_PACKETS = 2500;
const MAX_BYTES = 32 * 1024 * 1024;

/**
 * The batches since the last keyframe: what a new player gets first. Past either cap the group is
 * given up until the next keyframe.
 */
export class GopCache {
  readonly #enabled: boolean;
  #batches: Batch[] = [];
  #packets = 0;
  #bytes = 0;
  #open = false;

  constructor(enabled: boolean) {
    this.#enabled = enabled;
  }

  get batches(): readonly Batch[] {
    return this.#batches;
  }

  push(batch: Batch): void {
    if (batch.startsAtKeyframe) {
      this.clear();
      this.#open = this.#enabled;
    }
    if (!this.#open) return;
    this.#packets += batch.packets.length;
    this.#bytes += batch.bytes;
    if (this.#packets > MAX_PACKETS || this.#bytes > MAX_BYTES) this.clear();
    else this.#batches.push(batch);
  }

  clear(): void {
    this.#batches = [];
    this.#packets = 0;
    this.#bytes = 0;
    this.#open = false;
  }
}
