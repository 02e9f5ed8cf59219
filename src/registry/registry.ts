/**
 * The room `registry/`: the map from a stream to its owner, in memory or in Redis.
 * May import: child, logging.
 */

import type { OwnerRef } from '../owner.js';
import type { StreamKey } from '../stream-key.js';

/** A stream's owner in the registry. Plain JSON values, so that other boxes read the same. */
export interface Claim {
  readonly stream: StreamKey;
  readonly owner: OwnerRef;
  /** Milliseconds since 1970. */
  readonly since: number;
  /** Set once the owner has a publisher for the stream. */
  readonly live?: true;
}

/**
 * The map stream -> child. Every verb is atomic among all users of one store. All reject with
 * ERR_REGISTRY if the store cannot answer.
 */
export interface Registry {
  /** Returns the living claim of a stream, or null. */
  find(stream: StreamKey): Promise<Claim | null>;
  /**
   * Claims the stream for `owner` unless it is held; returns the winner's claim. An owner with a
   * publisher (`live`) displaces one that only has waiting players.
   */
  claim(stream: StreamKey, owner: OwnerRef, live?: boolean): Promise<Claim>;
  /** Renews claims of `owner` for another lease; returns those that it no longer holds. */
  renew(streams: readonly StreamKey[], owner: OwnerRef): Promise<StreamKey[]>;
  /** Releases the stream if exactly this owner (same generation) holds it. */
  release(stream: StreamKey, owner: OwnerRef): Promise<boolean>;
  /** Releases all claims of a child up to this generation; returns how many. */
  releaseAll(owner: OwnerRef): Promise<number>;
  close(): Promise<void>;
}
