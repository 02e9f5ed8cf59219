import { LineLimit } from './line-limit.js';
import { loggable } from './loggable.js';
import type { Logger } from './logger.js';

/** Of one thread: each port's refusals are a kind. */
const limit = new LineLimit();
/** Failures that are nobody's question: port scans, health checks, and players that leave. */
const COMMON = new Set<unknown>(['left', 'silent']);

/** What is known of a client that is turned away; texts may be its own. */
export type RefusalFields = Readonly<Record<string, string | null | undefined>>;

/**
 * One line at info for a client that is turned away, so that who asks why finds it; those of a storm
 * are at debug.
 */
export function logRefusal(logger: Logger, message: string, fields: RefusalFields): void {
  const shown = Object.entries(fields)
    .filter(([, text]) => text !== undefined)
    .map(([name, text]) => [name, text ? loggable(text) : text]);
  const line = Object.fromEntries(shown) as Record<string, unknown>;
  const withheld = COMMON.has(fields.failure) ? null : limit.take(message, performance.now());
  if (withheld === null) logger.debug(line, message);
  else logger.info(withheld === 0 ? line : { ...line, withheld }, message);
}
