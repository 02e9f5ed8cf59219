import { LimitedLines } from './limited-lines.js';
import { loggable } from './loggable.js';
import type { Logger } from './logger.js';
import { record } from './tell.js';

/** The lines of this thread; each port's refusals are a kind. */
const lines = new LimitedLines();
/** Failures that nobody asks about: port scans, health checks, players that leave. */
const COMMON = new Set<unknown>(['left', 'silent']);

/** Fields of a refusal; texts may come from the client. */
export type RefusalFields = Readonly<Record<string, string | null | undefined>>;

/**
 * Tells of a refused client in an event and a line at info, so that an operator finds the reason.
 * In a storm there are no further events, and further lines are at debug.
 */
export function logRefusal(logger: Logger, message: string, fields: RefusalFields): void {
  const { failure } = fields;
  if (COMMON.has(failure)) {
    logger.debug(shownFields(fields), message);
    return;
  }
  const withheld = lines.write(logger, 'info', message, () => shownFields(fields));
  if (withheld !== null) recordRefusal(logger, message, fields, withheld);
}

/** Records that a client was not served; `withheld`: refusals since the last event of that kind. */
export function recordRefusal(
  logger: Logger,
  what: string,
  fields: RefusalFields,
  withheld: number,
): void {
  const { failure, limit, client, stream, child, reason: told, err, answer } = fields;
  const reason = told ?? err ?? answer;
  const given = { failure, limit, reason, client, stream, child };
  const texts = Object.entries(given).flatMap(([name, text]) => (text ? [[name, text]] : []));
  const count = withheld === 0 ? {} : { withheld };
  record(logger, { type: 'refused', what, ...Object.fromEntries(texts), ...count });
}

/** Logs at warn a fault that clients may cause without end; returns as `LimitedLines.write`. */
export function logFault(logger: Logger, message: string, fields: RefusalFields): number | null {
  return lines.write(logger, 'warn', message, () => shownFields(fields));
}

/** Returns the fields for a log line: truncated, and without control characters. */
export function shownFields(fields: RefusalFields): Record<string, unknown> {
  const shown = Object.entries(fields)
    .filter(([, text]) => text !== undefined)
    .map(([name, text]) => [name, text ? loggable(text) : text]);
  return Object.fromEntries(shown);
}
