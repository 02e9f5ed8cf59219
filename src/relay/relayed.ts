/** Why a relayed connection ended. */
export type RelayEnd = 'closed' | 'client-reset' | 'child-reset' | 'idle' | 'stalled' | 'destroyed';

/** One pair under way. Counters may be read at any time and never stop the byte path. */
export interface RelayedConnection {
  /** Bytes from the client to the child so far. */
  readonly bytesIn: number;
  /** Bytes from the child to the client so far. */
  readonly bytesOut: number;
  /** Resolves, never rejects, when both sockets are closed. */
  readonly ended: Promise<RelayEnd>;
  /** Closes both sides now; what is under way is lost. */
  destroy(): void;
}
