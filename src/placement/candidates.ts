import { type ChildStatus, isServing } from '../child/types.js';
import type { OwnerRef } from '../owner.js';
import { warmthOf } from './slow-start.js';
import type { Candidate, Serving } from './types.js';

/** Loads of the children, which their status does not have. */
export interface ChildLoads {
  /** Returns the streams and clients that a child holds. */
  readonly countsOf: (id: string) => { readonly streams: number; readonly clients: number };
  /** Returns the bits per second of a child's clients. */
  readonly bitrateOf: (id: string) => number;
  readonly limits: ChildLimits;
  /** Returns the most clients of a child. */
  readonly maxConnectionsOf: (child: OwnerRef) => number;
  /** Returns whether a job is going to replace a child's process; default: none is. */
  readonly isLeaving?: (id: string) => boolean;
  /** Milliseconds since 1970. */
  readonly now: number;
}

/** Limits that all children share; see `Candidate`. */
export interface ChildLimits extends Pick<Candidate, 'maxStreams' | 'maxBitrate'> {
  /** Seconds until a restarted child has its full share of new streams. */
  readonly slowStartSeconds: number;
}

/** Returns the candidates for placement. */
export function candidatesOf(statuses: readonly ChildStatus[], loads: ChildLoads): Candidate[] {
  const { countsOf, bitrateOf, maxConnectionsOf, now, isLeaving = () => false } = loads;
  const { slowStartSeconds, maxStreams, maxBitrate } = loads.limits;
  // If no child answers, the machine is busy rather than all children hung, so ready ones count.
  const isPanic = !statuses.some((status) => servingOf(status).open);
  return statuses.map((status) => {
    const { id, cpu, state, generation, readySince } = status;
    const { streams, clients } = countsOf(id);
    const readySeconds = (now - (readySince ?? now)) / 1000;
    const { open, alive } = servingOf(status);
    // Written out, for it is made of each child for each new stream, and spreads cost more.
    return {
      id,
      generation,
      alive,
      open: open || (isPanic && state === 'ready'),
      cpu,
      streams,
      connections: clients,
      bitrate: bitrateOf(id),
      maxConnections: maxConnectionsOf(status),
      maxStreams,
      maxBitrate,
      warmth: warmthOf(readySeconds, generation, slowStartSeconds),
      leaving: isLeaving(id),
    };
  });
}

/** Returns a child's state for the clients of its streams. */
export function servingOf({ id, generation, state, answering, ejected }: ChildStatus): Serving {
  const open = state === 'ready' && answering && !ejected;
  return { id, generation, open, alive: isServing(state) };
}
