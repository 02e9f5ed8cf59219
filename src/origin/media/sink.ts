import type { Batch } from './batch.js';

/** What a sink needs to know of its source when it takes a batch. */
export interface Feed {
  readonly has: { readonly audio: boolean; readonly video: boolean };
  /** The metadata and sequence headers that a batch does not bring itself, timed for it. */
  headers(before: Batch): Batch;
}

/** What takes the media of a source: a player, or what makes files of it. */
export interface Sink {
  /** The cached pictures, where the source is live already. */
  start(feed: Feed, batches: readonly Batch[]): void;
  write(batch: Batch, feed: Feed): void;
  /** The publisher has gone; another may come. */
  ended(): void;
  /** Flash's pause. */
  pause?(on: boolean): void;
}
