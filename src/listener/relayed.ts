import type { RelayedConnection } from '../relay/relay.js';

/** Bytes from and to a client. */
export type Bytes = Pick<RelayedConnection, 'bytesIn' | 'bytesOut'>;

export const NO_BYTES: Bytes = { bytesIn: 0, bytesOut: 0 };

/** The relayed connection of a client, on any path. */
export interface Relayed extends Bytes, Pick<RelayedConnection, 'destroy' | 'startedAt'> {
  /** Resolves at the end, with the relay's word for it if there is one. */
  readonly ended: Promise<unknown>;
  /** Milliseconds by which `bytesIn` may be late; default: none. */
  readonly lagMs?: number;
}

export function plus(a: Bytes, b: Bytes): Bytes {
  return { bytesIn: a.bytesIn + b.bytesIn, bytesOut: a.bytesOut + b.bytesOut };
}
