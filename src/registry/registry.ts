import type { OwnerRef } from '../owner.js';
import type { StreamKey } from '../stream-key.js';

/** Who holds a stream. Plain JSON values only: another box reads the same. */
export interface Claim {
  readonly stream: StreamKey;
  readonly owner: OwnerRef;
  /** Milliseconds since 1970. */
  readonly since: number;
  /** There once it was published in its owner. */
  readonly live?: true;
}

/**
 * The map stream -> child. Every verb is atomic, whoever else uses the same store. All of them
 * reject with ERR_REGISTRY when the store cannot answer.
 */
export interface Registry {
  /** The living claim of a stream, or null. */
  find(stream: StreamKey): Promise<Claim | null>;
  /**
   * Takes the stream for `owner` unless somebody holds it; answers the winner's claim. An owner in
   * which the stream is published (`live`) takes it from one that only has players waiting.
   */
  claim(stream: StreamKey, owner: OwnerRef, live?: boolean): Promise<Claim>;
  /** Keeps claims of `owner` alive for another lease; answers those it no longer holds. */
  renew(streams: readonly StreamKey[], owner: OwnerRef): Promise<StreamKey[]>;
  /** Gives the stream up if exactly this owner (same generation) holds it. */
  release(stream: StreamKey, owner: OwnerRef): Promise<boolean>;
  /** Gives up all that a child holds, in any generation up to the one named; answers how many. */
  releaseAll(owner: OwnerRef): Promise<number>;
  close(): Promise<void>;
}
