import { LimitedLines } from './limited-lines.js';
import { loggable } from './loggable.js';
import type { Logger } from './logger.js';

/** The lines of this thread; each port's refusals are a kind. */
const lines = new LimitedLines();
/** Failures that nobody asks about: port scans, health checks, players that leave. */
const COMMON = new Set<unknown>(['left', 'silent']);

/** Fields of a refusal; texts may come from the client. */
export type RefusalFields = Readonly<Record<string, string | null | undefined>>;

/**
 * Logs a refused client in one line at info, so that an operator finds the reason. In a storm,
 * further lines are at debug.
 */
export function logRefusal(logger: Logger, message: string, fields: RefusalFields): void {
  if (COMMON.has(fields.failure)) logger.debug(shownFields(fields), message);
  else lines.write(logger, 'info', message, () => shownFields(fields));
}

/** Logs at warn a fault that clients may cause without end, within the same rate. */
export function logFault(logger: Logger, message: string, fields: RefusalFields): void {
  lines.write(logger, 'warn', message, () => shownFields(fields));
}

/** Returns the fields for a log line: truncated, and without control characters. */
export function shownFields(fields: RefusalFields): Record<string, unknown> {
  const shown = Object.entries(fields)
    .filter(([, text]) => text !== undefined)
    .map(([name, text]) => [name, text ? loggable(text) : text]);
  return Object.fromEntries(shown);
}
