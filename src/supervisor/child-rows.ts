import type { ChildRow } from '../admin/types.js';
import type { ChildStatus } from '../child/types.js';
import type { ChildLimits } from '../placement/candidates.js';
import { fullBy } from '../placement/caps.js';
import { warmthOf } from '../placement/slow-start.js';
import type { Candidate } from '../placement/types.js';

/** Loads and limits of a child, for its row. */
export interface RowFacts {
  readonly streams: number;
  readonly clients: number;
  /** Bits per second of its clients. */
  readonly bitrate: number;
  readonly limits: ChildLimits & Pick<Candidate, 'maxConnections'>;
  /** Milliseconds since 1970. */
  readonly now: number;
}

/** Returns a child's row. A ready child's reason is that for which it gets fewer new streams. */
export function rowOf(status: ChildStatus, facts: RowFacts): ChildRow {
  const { streams, clients, bitrate } = facts;
  const managed = status.server === undefined;
  const why = status.why ?? (status.state === 'ready' ? restraintOf(status, facts) : null);
  return { ...status, why, managed, streams, clients, bitrate };
}

function restraintOf(
  { generation, readySince }: ChildStatus,
  { streams, clients, bitrate, limits, now }: RowFacts,
): string | null {
  const full = fullBy({ connections: clients, streams, bitrate, ...limits });
  if (full !== null) return `it gets no new streams: it has ${full}`;
  const readySeconds = (now - (readySince ?? now)) / 1000;
  if (warmthOf(readySeconds, generation, limits.slowStartSeconds) === 1) return null;
  const left = Math.ceil(limits.slowStartSeconds - readySeconds);
  return `slow start: it has its full share of new streams in ${left} s`;
}
