import type { ChildStatus } from '../child/types.js';
import type { Candidate, Serving } from './types.js';

/** What is known of children besides their own status. */
export interface ChildLoads {
  /** Streams and clients that a child holds. */
  readonly countsOf: (id: string) => { readonly streams: number; readonly clients: number };
  /** Bits a second of a child's clients. */
  readonly bitrateOf: (id: string) => number;
  /** Clients that one child takes. */
  readonly maxConnections: number;
}

/** The children as placement chooses among them. */
export function candidatesOf(statuses: readonly ChildStatus[], loads: ChildLoads): Candidate[] {
  const { countsOf, bitrateOf, maxConnections } = loads;
  // Where none answers, the machine is busy rather than all of them hung: a slow child beats none.
  const isPanic = !statuses.some((status) => servingOf(status).open);
  return statuses.map((status) => {
    const { id, cpu, state } = status;
    const { streams, clients } = countsOf(id);
    const load = { cpu, connections: clients, maxConnections, streams, bitrate: bitrateOf(id) };
    const serving = servingOf(status);
    return { ...serving, ...load, open: serving.open || (isPanic && state === 'ready') };
  });
}

/** One child as the clients of its streams find it. */
export function servingOf({ id, generation, state, answering }: ChildStatus): Serving {
  const open = state === 'ready' && answering;
  return { id, generation, open, alive: state === 'ready' || state === 'draining' };
}
