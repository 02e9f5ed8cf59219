import type { Failure, ListenerCounters } from './front.js';

/** What a listener counts in. */
export interface Counters extends ListenerCounters {
  accepted: number;
  relayed: number;
  refused: number;
  readonly failed: Record<Failure, number>;
}

export function noCounters(): Counters {
  const failed = { silent: 0, invalid: 0, left: 0, 'no-child': 0, child: 0, hook: 0, full: 0 };
  return { accepted: 0, relayed: 0, refused: 0, failed };
}

/** The sum of both; null counts nothing. */
export function addCounters(a: Counters, b: ListenerCounters | null): Counters {
  if (b === null) return a;
  const failed = { ...a.failed };
  for (const reason of Object.keys(failed) as Failure[]) failed[reason] += b.failed[reason];
  return {
    accepted: a.accepted + b.accepted,
    relayed: a.relayed + b.relayed,
    refused: a.refused + b.refused,
    failed,
  };
}
