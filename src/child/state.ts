import type { ChildState } from './types.js';

/** Permitted transitions. A broken or stopped child starts again only on request. */
const MOVES: Record<ChildState, readonly ChildState[]> = {
  starting: ['ready', 'draining', 'stopping', 'failed', 'broken', 'stopped'],
  ready: ['draining', 'stopping', 'failed', 'broken', 'stopped'],
  draining: ['ready', 'stopping', 'failed', 'broken', 'stopped'],
  stopping: ['stopped', 'failed', 'broken'],
  failed: ['starting', 'broken', 'stopped'],
  broken: ['starting', 'stopped'],
  stopped: ['starting'],
};

/** Returns `to`. Throws for a transition that is not permitted, which is a bug. */
export function move(from: ChildState, to: ChildState): ChildState {
  if (!MOVES[from].includes(to)) throw new Error(`a child cannot go from ${from} to ${to}`);
  return to;
}
