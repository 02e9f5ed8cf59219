import { plural } from '../system/plural.js';
import type { UpgradePlan } from './types.js';

type Cut = UpgradePlan['cut'];

/** Returns the number of connections that are closed, over all ports. */
export function countOf(cut: Cut): number {
  return Object.values(cut).reduce((sum, count) => sum + count, 0);
}

/** Returns `3 connections (rtmps 2, srt 1)`; with `how` between number and ports. */
export function cutText(cut: Cut, how = ''): string {
  const names = Object.entries(cut).map(([name, count]) => `${name} ${count}`);
  const count = plural(countOf(cut), 'connection', 'connections');
  return `${[count, how].filter((word) => word !== '').join(' ')} (${names.join(', ')})`;
}
