import type { ChildState } from './types.js';

/** What may follow what. A broken or stopped child starts again only when somebody asks for it. */
const MOVES: Record<ChildState, readonly ChildState[]> = {
  starting: ['ready', 'draining', 'stopping', 'failed', 'broken', 'stopped'],
  ready: ['draining', 'stopping', 'failed', 'broken', 'stopped'],
  draining: ['ready', 'stopping', 'failed', 'broken', 'stopped'],
  stopping: ['stopped', 'failed', 'broken'],
  failed: ['starting', 'broken', 'stopped'],
  broken: ['starting', 'stopped'],
  stopped: ['starting'],
};

/** Answers `to`. Throws where a child cannot go from `from` to it: a mistake in our own code. */
export function move(from: ChildState, to: ChildState): ChildState {
  if (!MOVES[from].includes(to)) throw new Error(`a child cannot go from ${from} to ${to}`);
  return to;
}
