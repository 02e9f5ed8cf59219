import type { Candidate } from './types.js';

/** The measures of load that a slow start raises. */
const MEASURES = ['cpu', 'connections', 'streams', 'bitrate'] as const;

/** Returns the passed share of a slow start of `seconds`; 1 for a first start. */
export function warmthOf(readySeconds: number, generation: number, seconds: number): number {
  if (generation === 1 || seconds === 0 || readySeconds >= seconds) return 1;
  return Math.max(0, readySeconds / seconds);
}

/**
 * Raises the load of children in their slow start: at first such a child counts as loaded as the
 * others are on average, and so gets its share of new streams instead of all; at the end it counts
 * as what it is. (Without it a restarted child, which is empty, would get every new stream until
 * it has as many as the others, all at once.)
 */
export function slowed<T extends Candidate>(candidates: readonly T[]): T[] {
  const warm = candidates.filter(({ warmth }) => warmth === 1);
  if (warm.length === 0 || warm.length === candidates.length) return [...candidates];
  const averages = MEASURES.map((name) => [name, averageOf(warm, name)] as const);
  return candidates.map((candidate) => {
    if (candidate.warmth === 1) return candidate;
    const raised = averages.map(([name, average]) => {
      const least = Math.floor((1 - candidate.warmth) * average);
      return [name, Math.max(candidate[name], least)];
    });
    return { ...candidate, ...Object.fromEntries(raised) };
  });
}

function averageOf(candidates: readonly Candidate[], name: (typeof MEASURES)[number]): number {
  return candidates.reduce((sum, one) => sum + one[name], 0) / candidates.length;
}
