import { isSameLife, type OwnerRef } from '../owner.js';
import { fullBy } from './caps.js';
import { slowed } from './slow-start.js';
import type { Candidate } from './types.js';

/** Bits per second that count as full load: about what SRS carries on one core. */
const FULL_BITRATE = 1_000_000_000;
/** Percent. SRS begins to drop repairs and packets above 90 % (its circuit breaker). */
const HOT_CPU = 80;
/** Loads within one step count as equal, because measurements are noisy and late. */
const STEPS = 5;

/**
 * Chooses the child for a new stream: one that no restart is about to replace, as far as these have
 * less than the others; lowest load step, then fewest streams, then fewest
 * connections; `tie` rotates among equals. A child in its slow start counts as more loaded than it
 * is. `near`: the child that serves the client already; it is taken if it could be chosen, however
 * loaded the others are. Null if no child is open or all are full.
 */
export function choose(
  candidates: readonly Candidate[],
  tie: number,
  near?: OwnerRef,
): Candidate | null {
  const open = candidates.filter((c) => c.open && fullBy(c) === null);
  const all = slowed(open);
  const orders = [slowed(lasting(open)).filter(isCool), all.filter(isCool), all];
  const usable = orders.find((list) => list.length > 0) ?? [];
  const own = near && usable.find((candidate) => isSameLife(candidate, near));
  if (own !== undefined) return own;
  const best = usable.reduce<Candidate | null>(
    (least, next) => (least === null || compare(next, least) < 0 ? next : least),
    null,
  );
  if (best === null) return null;
  const equals = usable.filter((next) => compare(next, best) === 0);
  return equals[tie % equals.length] ?? best;
}

function isCool({ cpu }: Candidate): boolean {
  return cpu <= HOT_CPU;
}

/**
 * Returns the children that no job is about to replace and that have less than those on average,
 * which is room for the streams of the next one. (Else a rolling restart would close the same
 * streams again and again.)
 */
function lasting(candidates: readonly Candidate[]): Candidate[] {
  const leaving = candidates.filter((c) => c.leaving);
  if (leaving.length === 0) return [];
  const sum = (name: 'streams' | 'connections') => leaving.reduce((all, c) => all + c[name], 0);
  const streams = Math.max(1, sum('streams') / leaving.length);
  const connections = Math.max(1, sum('connections') / leaving.length);
  return candidates.filter(
    (c) => !c.leaving && c.streams < streams && c.connections <= 2 * connections,
  );
}

function compare(a: Candidate, b: Candidate): number {
  return loadStep(a) - loadStep(b) || a.streams - b.streams || a.connections - b.connections;
}

function loadStep({ cpu, connections, maxConnections, bitrate }: Candidate): number {
  const load = Math.max(cpu / 100, connections / maxConnections, bitrate / FULL_BITRATE);
  return Math.floor(load * STEPS);
}
