import { type ChildStatus, isServing } from '../child/types.js';
import type { Candidate, Serving } from './types.js';

/** Loads of the children, which their status does not have. */
export interface ChildLoads {
  /** Returns the streams and clients that a child holds. */
  readonly countsOf: (id: string) => { readonly streams: number; readonly clients: number };
  /** Returns the bits per second of a child's clients. */
  readonly bitrateOf: (id: string) => number;
  /** Most clients of one child. */
  readonly maxConnections: number;
}

/** Returns the candidates for placement. */
export function candidatesOf(statuses: readonly ChildStatus[], loads: ChildLoads): Candidate[] {
  const { countsOf, bitrateOf, maxConnections } = loads;
  // If no child answers, the machine is busy rather than all children hung, so ready ones count.
  const isPanic = !statuses.some((status) => servingOf(status).open);
  return statuses.map((status) => {
    const { id, cpu, state } = status;
    const { streams, clients } = countsOf(id);
    const load = { cpu, connections: clients, maxConnections, streams, bitrate: bitrateOf(id) };
    const serving = servingOf(status);
    return { ...serving, ...load, open: serving.open || (isPanic && state === 'ready') };
  });
}

/** Returns a child's state for the clients of its streams. */
export function servingOf({ id, generation, state, answering }: ChildStatus): Serving {
  const open = state === 'ready' && answering;
  return { id, generation, open, alive: isServing(state) };
}
