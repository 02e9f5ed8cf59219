import type { ChildPorts } from '../child/types.js';
import type { OwnerRef } from '../owner.js';
import type { Role, StreamKey } from '../stream-key.js';
import type { PeerVia } from './peer/dial-peer.js';

/**
 * Reason for which a route failed. `gone`: its box reports that the child has the stream no more,
 * so it must be found again. `refused`: nobody accepted the connection.
 */
export type Fault = 'gone' | 'refused';

/** The way of a client to its owner. The receiver releases it once, when the client has left. */
export interface Route {
  readonly owner: OwnerRef;
  readonly host: string;
  /** Set for an origin that we did not start; its files are not on our disk. */
  readonly isForeign?: true;
  /** Ports of the owner; each listener dials that of its protocol. */
  readonly ports: ChildPorts;
  /** Set if the owner is a child of another box. */
  readonly via?: PeerVia;
  /** Notes that the client uses no connection of its own to the owner; unset: it always does. */
  readonly shares?: () => void;
  release(fault?: Fault): void;
}

/**
 * Finds the owner of a stream, or places the stream; null while no child can take it. `near`: the
 * child that the client has already, which is preferred for a stream without an owner.
 */
export type Router = (stream: StreamKey, role: Role, near?: OwnerRef) => Promise<Route | null>;
