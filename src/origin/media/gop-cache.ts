import type { Batch } from './batch.js';

/** SRS's limit on packets. Both limits bound the memory of a stream without keyframes. */
const MAX_PACKETS = 2500;
const MAX_BYTES = 32 * 1024 * 1024;

/**
 * The batches since the last keyframe, which a new player gets first. Above a limit the group is
 * dropped until the next keyframe.
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
