import type { Socket } from 'node:net';

/** The decision on bytes of a watched client; see `ClientWatch.hear`. */
export type Heard = 'pass' | 'done' | 'recall';

/**
 * Hears a relayed client before its child does, and may recall it. Then the control side decides:
 * the client stays, or its child is told that it has ended, it gets what the child still says, and
 * it is the control side's again, to be brought to another child.
 */
export interface ClientWatch {
  /**
   * Takes bytes, which may change afterwards. `pass`: the child gets them. `done`: so it does, and
   * no further ones are to be heard. `recall`: it gets those after `before` only if the client
   * stays.
   */
  hear(bytes: Buffer): Heard;
  /** Number of the first bytes of a recall that the child gets in any case. */
  readonly before: number;
  /** A recalled client stays, and is heard again. */
  stays(): void;
  /** Notes bytes that the child gets without being heard: they were read before the relay began. */
  passed(bytes: Buffer): void;
  /** Plain values from which a setup handler makes this watch on its thread. */
  readonly state: unknown;
  /** A note for the control side, which goes on with a recalled client; plain values. */
  readonly about: unknown;
}

/** A client that was recalled from its child. */
export interface RecalledClient {
  /** The client's socket, paused. */
  readonly client: Socket;
  readonly about: unknown;
}

/** A child has so long to end its side once its client is recalled, milliseconds. */
export const RECALL_MS = 10_000;
