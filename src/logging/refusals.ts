import { LineLimit } from './line-limit.js';
import { loggable } from './loggable.js';
import type { Logger } from './logger.js';

/** The limit of this thread; each port's refusals are a kind. */
const limit = new LineLimit();
/** Failures that nobody asks about: port scans, health checks, players that leave. */
const COMMON = new Set<unknown>(['left', 'silent']);

/** Fields of a refusal; texts may come from the client. */
export type RefusalFields = Readonly<Record<string, string | null | undefined>>;

/**
 * Logs a refused client in one line at info, so that an operator finds the reason. In a storm,
 * further lines are at debug.
 */
export function logRefusal(logger: Logger, message: string, fields: RefusalFields): void {
  const line = shownFields(fields);
  const withheld = COMMON.has(fields.failure) ? null : limit.take(message, performance.now());
  if (withheld === null) logger.debug(line, message);
  else logger.info(withheld === 0 ? line : { ...line, withheld }, message);
}

/** Returns the fields for a log line: truncated, and without control characters. */
export function shownFields(fields: RefusalFields): Record<string, unknown> {
  const shown = Object.entries(fields)
    .filter(([, text]) => text !== undefined)
    .map(([name, text]) => [name, text ? loggable(text) : text]);
  return Object.fromEntries(shown);
}
