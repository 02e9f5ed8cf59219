import type { Candidate } from './types.js';

/** A child that sends so much is taken as full: about what one core of SRS carries. */
const FULL_BITRATE = 1_000_000_000;
/** SRS begins to drop repairs and packets above 90 % (its circuit breaker); stay well below. */
const HOT_CPU = 80;
/** Loads within one step count as equal: measurements are noisy and lag behind. */
const STEPS = 5;

/**
 * The child for a new stream: the lowest step of load, then the fewest streams, then the fewest
 * connections; equals take turns by `tie`. Null when no child is open or all are full.
 */
export function choose(candidates: readonly Candidate[], tie: number): Candidate | null {
  const open = candidates.filter((c) => c.open && c.connections < c.maxConnections);
  const cool = open.filter((c) => c.cpu <= HOT_CPU);
  const usable = cool.length > 0 ? cool : open;
  const best = usable.reduce<Candidate | null>(
    (least, next) => (least === null || compare(next, least) < 0 ? next : least),
    null,
  );
  if (best === null) return null;
  const equals = usable.filter((next) => compare(next, best) === 0);
  return equals[tie % equals.length] ?? best;
}

function compare(a: Candidate, b: Candidate): number {
  return loadStep(a) - loadStep(b) || a.streams - b.streams || a.connections - b.connections;
}

function loadStep({ cpu, connections, maxConnections, bitrate }: Candidate): number {
  const load = Math.max(cpu / 100, connections / maxConnections, bitrate / FULL_BITRATE);
  return Math.floor(load * STEPS);
}
