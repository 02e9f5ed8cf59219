import type { Logger } from '../logging/logger.js';
import { record, tell } from '../logging/tell.js';
import type { ChildState } from './types.js';

const STAYS_OUT =
  'child is broken and will not start again: mend the cause, then undrain or restart it';

/** A change of a child's state. */
export interface Change {
  readonly child: string;
  readonly generation: number;
  readonly pid: number | null;
  readonly from: ChildState;
  readonly to: ChildState;
  readonly why: string | null;
}

/** Tells of a change of a child's state; its first readiness is a line at debug. */
export function tellChange(logger: Logger, change: Change): void {
  recordChange(logger, change);
  const { generation, pid, to, why } = change;
  const isNews = to === 'draining' || (to === 'ready' && generation > 1);
  const facts = { pid, generation, ...(why !== null && { why }) };
  logger[isNews ? 'info' : 'debug'](facts, `child is ${to}`);
}

function recordChange(logger: Logger, { child, generation, pid, from, to, why }: Change): void {
  const isUp = from === 'starting' && (to === 'ready' || to === 'draining');
  if (isUp) record(logger, { type: 'child-up', child, generation, pid });
  if (to === 'draining') {
    record(logger, { type: 'child-drained', child, generation, why: why ?? '' });
  } else if (from === 'draining' && to === 'ready') {
    record(logger, { type: 'child-undrained', child, generation });
  }
}

/** Tells that a child stays out. */
export function tellBroken(logger: Logger, child: string, why: string): void {
  const line = { level: 'error', message: STAYS_OUT, fields: { why } } as const;
  tell(logger, { type: 'child-broken', child, why }, line);
}

/** Tells that a child has died and starts again after `wait` milliseconds. */
export function tellRestart(logger: Logger, child: string, reason: string, wait: number): void {
  const fields = { reason, waitMs: Math.round(wait) };
  const line = { level: 'warn', message: 'child will start again', fields } as const;
  tell(logger, { type: 'child-restart', child, ...fields }, line);
}
