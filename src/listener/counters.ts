import { LIMIT_NAMES, type LimitName } from './budget.js';
import { FAILURES, type Failure } from './failure.js';
import type { ListenerCounters } from './listener.js';

export interface Counters extends ListenerCounters {
  accepted: number;
  relayed: number;
  refused: number;
  readonly refusedBy: Record<LimitName, number>;
  readonly failed: Record<Failure, number>;
}

export function noCounters(): Counters {
  const failed = zeros(FAILURES);
  return { accepted: 0, relayed: 0, refused: 0, refusedBy: zeros(LIMIT_NAMES), failed };
}

function zeros<K extends string>(names: readonly K[]): Record<K, number> {
  return Object.fromEntries(names.map((name) => [name, 0])) as Record<K, number>;
}

export function countRefusal(counters: Counters, limit: LimitName): void {
  counters.refused += 1;
  counters.refusedBy[limit] += 1;
}

/** Returns the sum of both; null counts nothing. */
export function addCounters(a: Counters, b: ListenerCounters | null): Counters {
  if (b === null) return a;
  const failed = { ...a.failed };
  for (const reason of FAILURES) failed[reason] += b.failed[reason];
  const refusedBy = { ...a.refusedBy };
  for (const limit of LIMIT_NAMES) refusedBy[limit] += b.refusedBy[limit];
  return {
    accepted: a.accepted + b.accepted,
    relayed: a.relayed + b.relayed,
    refused: a.refused + b.refused,
    refusedBy,
    failed,
  };
}
