import { SupervisorError } from '../errors.js';
import type { ChildStatus } from './types.js';

/**
 * Returns null if a child is ready or there is none, else an error about the worst child:
 * ERR_CHILD_CONFIG if it is broken, ERR_CHILD_START otherwise.
 */
export function noneReady(
  statuses: readonly ChildStatus[],
  logOf: (id: string) => string,
): SupervisorError | null {
  if (statuses.some(({ state }) => state === 'ready')) return null;
  const worst = statuses.find(({ state }) => state === 'broken') ?? statuses[0];
  if (worst === undefined) return null;
  const code = worst.state === 'broken' ? 'ERR_CHILD_CONFIG' : 'ERR_CHILD_START';
  const text = `no child is ready: ${worst.id}: ${worst.lastError}: see ${logOf(worst.id)}`;
  return new SupervisorError(code, text);
}
