import type { IdlePlace } from '../idle.js';
import type { Datagrams } from './datagrams.js';
import type { LocalAddress } from './message-headers.js';
import type { NameKey } from './names.js';

/** One session, as the relay's thread sees it. */
export interface Flow {
  readonly slot: number;
  readonly generation: number;
  readonly socket: number;
  readonly idleMs: number;
  activeAt: number;
  idlePlace: IdlePlace | null;
  /** The child's last batch was a single datagram; below, the loop's turn that read it. */
  sendsSingly: boolean;
  readAt: number;
  held: boolean;
  readonly mark: Uint8Array | null;
  key: NameKey;
  tag: number;
  /** The client's `struct sockaddr`, held so that its address stays good. */
  name: Uint8Array;
  nameAddress: number;
  /** The address of ours that the client sends to, and that it hears; null: the port has one. */
  local: LocalAddress | null;
}

/**
 * Receives from a flow's child, into `first` and behind it; answers as `Datagrams.receive`. A child
 * that last sent a single datagram is asked for one, as that is cheaper. Where more have come after
 * all, its socket is ready in the next turn again, and asked for all.
 */
export function receiveFrom(flow: Flow, turn: number, datagrams: Datagrams, first: number): number {
  const isReadyAgain = flow.readAt === turn - 1;
  flow.readAt = turn;
  if (flow.sendsSingly && !isReadyAgain) return datagrams.receiveOne(flow.socket, first);
  const count = datagrams.receive(flow.socket, first);
  flow.sendsSingly = count === 1;
  return count;
}
