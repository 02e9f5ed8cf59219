import { z } from 'zod';
import type { Logger } from '../logging/logger.js';
import type { RelayedConnection } from './relayed.js';

/** A descriptor of this process. */
export const DESCRIPTOR = z.number().int().min(3);

export const BYTES = z.custom<Uint8Array>((bytes) => bytes instanceof Uint8Array).nullable();

/**
 * A pair that one program leaves to the next one in its process: both descriptors, and what was
 * read of one side and not yet written to the other.
 */
export const KEPT_PAIR = z.object({
  client: DESCRIPTOR,
  child: DESCRIPTOR,
  toClient: BYTES,
  toChild: BYTES,
  /** The client has ended its side, and its child has been told. */
  clientEnded: z.boolean(),
  childEnded: z.boolean(),
  oneWay: z.boolean(),
  idleMs: z.number(),
  stallMs: z.number(),
  /** Milliseconds since bytes last came. */
  quietMs: z.number(),
  bytesIn: z.number(),
  bytesOut: z.number(),
});

export type KeptPair = z.infer<typeof KEPT_PAIR>;

/** A pair with the connection that it was here. */
export interface GivenPair {
  readonly pair: KeptPair;
  readonly connection: RelayedConnection;
}

/** An engine whose pairs outlive the program. */
export interface KeepingEngine {
  /** Logs there from now on. */
  logTo(logger: Logger): void;
  /** Returns whether `give` would give that connection away. */
  keeps(relayed: object): boolean;
  /**
   * Stops relaying, and gives all pairs away with their descriptors; what cannot be given is
   * closed. The given connections never end here. Never rejects.
   */
  give(): Promise<readonly GivenPair[]>;
  /** Goes on with a pair that the program before this one gave away. */
  take(pair: KeptPair): RelayedConnection;
}
