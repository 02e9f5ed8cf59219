import type { RecalledClient } from './client-watch.js';

/** Why a relayed connection ended. */
export type RelayEnd =
  | 'closed'
  | 'client-reset'
  | 'child-reset'
  | 'idle'
  | 'stalled'
  | 'recalled'
  | 'destroyed';

/** One pair under way. Counters may be read at any time and never stop the byte path. */
export interface RelayedConnection {
  /** Bytes from the client to the child so far. */
  readonly bytesIn: number;
  /** Bytes from the child to the client so far. */
  readonly bytesOut: number;
  /** Its beginning, in milliseconds since 1970; absent: now, when it is handed out. */
  readonly startedAt?: number;
  /** Resolves, never rejects, when both sockets are closed, or the client is recalled. */
  readonly ended: Promise<RelayEnd>;
  /** Set once `ended` has resolved with `recalled`: the receiver owns the client's socket. */
  readonly recalled?: RecalledClient | null;
  /**
   * Called with its watch's note when the client is recalled; resolves with whether it stays.
   * Default: it does not.
   */
  onRecall?: ((about: unknown) => Promise<boolean>) | null;
  /** Closes both sides now; what is under way is lost. */
  destroy(): void;
}
