import { type Json, objectOf, textOf } from '../json.js';
import { groupBy, sumOf, trafficOf } from './sums.js';

/** One vhost for each name, whose children's counts are summed. */
export function mergeVhosts(rows: readonly Json[]): Json[] {
  const groups = groupBy(rows, (row) => textOf(row, 'id'));
  return [...groups.values()].map(([first = {}, ...others]) => {
    if (others.length === 0) return first;
    const all = [first, ...others];
    return { ...first, streams: sumOf(all, 'streams'), ...trafficOf(all) };
  });
}

/**
 * One stream for each id. A second child has an entry of the same stream only for a while, when it
 * moved: then the one that has the publisher tells what it is, and counts are summed.
 */
export function mergeStreams(rows: readonly Json[]): Json[] {
  const groups = groupBy(rows, (row) => textOf(row, 'id'));
  return [...groups.values()].map(([first = {}, ...others]) => {
    if (others.length === 0) return first;
    const all = [first, ...others];
    return { ...(all.find(isPublished) ?? first), ...trafficOf(all) };
  });
}

function isPublished(stream: Json): boolean {
  return objectOf(stream, 'publish').active === true;
}
