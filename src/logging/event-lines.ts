import type { SupervisorEvent } from '../events/event.js';
import { LimitedLines } from './limited-lines.js';
import type { Logger } from './logger.js';
import { record } from './tell.js';

type StreamEventType =
  | 'publish'
  | 'unpublish'
  | 'takeover'
  | 'publisher-replaced'
  | 'backup-waiting'
  | 'backup-active';
type Fields = Readonly<Record<string, unknown>>;

/** Seconds' worth of lines that come at once. */
const BURST_SECONDS = 5;
/** Lines a second about streams, and by default about ended clients. */
const PER_SECOND = 20;

const streams = linesAt(PER_SECOND);
/** Null: none at info. */
let connections: LimitedLines | null = linesAt(PER_SECOND);

/** Sets the most lines a second about ended clients (`log.connections`); 0: none at info. */
export function limitConnectionLines(perSecond: number): void {
  connections = perSecond === 0 ? null : linesAt(perSecond);
}

/** Logs the end of a client that was served; `fields` is called only if the line is written. */
export function logConnection(logger: Logger, message: string, fields: () => Fields): void {
  if (connections !== null) connections.write(logger, 'info', message, fields);
  else if (logger.isLevelEnabled('debug')) logger.debug(fields(), message);
}

/**
 * Tells what happens to a stream: an event each, and lines at a limited rate, with these fields or
 * those of the event.
 */
export function tellStream(
  logger: Logger,
  event: Extract<SupervisorEvent, { type: StreamEventType }>,
  message: string,
  fields?: Fields,
): void {
  record(logger, event);
  const { type: _, ...own } = event;
  streams.write(logger, 'info', message, () => fields ?? own);
}

function linesAt(perSecond: number): LimitedLines {
  return new LimitedLines({ burst: BURST_SECONDS * perSecond, perSecond });
}
