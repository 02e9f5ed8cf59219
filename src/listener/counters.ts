import type { LimitName } from './budget.js';
import type { Failure, ListenerCounters } from './listener.js';

export interface Counters extends ListenerCounters {
  accepted: number;
  relayed: number;
  refused: number;
  readonly refusedBy: Record<LimitName, number>;
  readonly failed: Record<Failure, number>;
}

export function noCounters(): Counters {
  const none = { silent: 0, invalid: 0, left: 0, 'no-child': 0, child: 0 };
  const failed = {
    ...none,
    access: 0,
    token: 0,
    limit: 0,
    busy: 0,
    hook: 0,
    full: 0,
    shed: 0,
    registry: 0,
    internal: 0,
  };
  const refusedBy = { connections: 0, connectionsPerIp: 0, drain: 0 };
  return { accepted: 0, relayed: 0, refused: 0, refusedBy, failed };
}

export function countRefusal(counters: Counters, limit: LimitName): void {
  counters.refused += 1;
  counters.refusedBy[limit] += 1;
}

/** Returns the sum of both; null counts nothing. */
export function addCounters(a: Counters, b: ListenerCounters | null): Counters {
  if (b === null) return a;
  const failed = { ...a.failed };
  for (const reason of Object.keys(failed) as Failure[]) failed[reason] += b.failed[reason];
  const refusedBy = { ...a.refusedBy };
  for (const limit of Object.keys(refusedBy) as LimitName[]) refusedBy[limit] += b.refusedBy[limit];
  return {
    accepted: a.accepted + b.accepted,
    relayed: a.relayed + b.relayed,
    refused: a.refused + b.refused,
    refusedBy,
    failed,
  };
}
