import type { ChildPorts } from '../child/types.js';
import type { OwnerRef } from '../owner.js';
import type { Role, StreamKey } from '../stream-key.js';
import type { PeerVia } from './peer/dial-peer.js';

/**
 * What came of a route that led nowhere. `gone`: its box says that the child has the stream no more,
 * and who comes next shall ask anew. `refused`: nobody took the connection.
 */
export type Fault = 'gone' | 'refused';

/** Where a client is to be relayed to. Whoever got it releases it once, when the client has left. */
export interface Route {
  readonly owner: OwnerRef;
  readonly host: string;
  /** There for an origin that we did not start: nothing of it is on our disk. */
  readonly isForeign?: true;
  /** Of the owner: each listener dials the one of its own protocol. */
  readonly ports: ChildPorts;
  /** There where the owner is a child of another box. */
  readonly via?: PeerVia;
  release(fault?: Fault): void;
}

/** Finds the owner of a stream, or places the stream; null while no child can take it. */
export type Router = (stream: StreamKey, role: Role) => Promise<Route | null>;
