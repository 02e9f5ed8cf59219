import type { Batch } from './batch.js';

/** A source, as a sink sees it with each batch. */
export interface Feed {
  readonly has: { readonly audio: boolean; readonly video: boolean };
  /** Returns the metadata and sequence headers that the batch lacks, with its timestamp. */
  headers(before: Batch): Batch;
}

/** A consumer of a source's media: a player, or a writer of files. */
export interface Sink {
  /** Called with the cached frames, if the source is live already. */
  start(feed: Feed, batches: readonly Batch[]): void;
  write(batch: Batch, feed: Feed): void;
  /** Called when the publisher has left; another may follow. */
  ended(): void;
  /** Flash's pause. */
  pause?(on: boolean): void;
}
