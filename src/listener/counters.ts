import type { Failure, ListenerCounters } from './front.js';

export function noCounters(): ListenerCounters {
  const failed = { silent: 0, invalid: 0, left: 0, 'no-child': 0, child: 0 };
  return { accepted: 0, relayed: 0, refused: 0, failed };
}

/** The sum of both; null counts nothing. */
export function addCounters(a: ListenerCounters, b: ListenerCounters | null): ListenerCounters {
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
