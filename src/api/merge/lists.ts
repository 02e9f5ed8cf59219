import { type Json, objectOf, textOf } from '../json.js';
import { groupBy, sumOf, trafficOf } from './sums.js';

/** Merges vhosts by name and sums their counts. */
export function mergeVhosts(rows: readonly Json[]): Json[] {
  const groups = groupBy(rows, (row) => textOf(row, 'id'));
  return [...groups.values()].map(([first = {}, ...others]) => {
    if (others.length === 0) return first;
    const all = [first, ...others];
    return { ...first, streams: sumOf(all, 'streams'), ...trafficOf(all) };
  });
}

/**
 * Merges streams by id. Two children have the same stream only briefly, after it moved: then the
 * row of the child with the publisher is shown, and counts are summed.
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
