import type { SupervisorEvent } from '../events/event.js';
import { type Logger, rootOf } from './logger.js';

/** Receives what happens. */
export interface EventSink {
  record(event: SupervisorEvent): void;
}

type Fields = Readonly<Record<string, unknown>>;

/** Sinks by root logger. */
const sinks = new WeakMap<Logger, EventSink>();

/** Has all loggers that share the root of this one record their events in a sink; null: in none. */
export function attachEvents(root: Logger, sink: EventSink | null): void {
  if (sink === null) sinks.delete(rootOf(root));
  else sinks.set(rootOf(root), sink);
}

/** Records an event without a log line. */
export function record(logger: Logger, event: SupervisorEvent): void {
  sinks.get(rootOf(logger))?.record(event);
}

/** The log line of an event. */
interface Line {
  readonly level: 'debug' | 'info' | 'warn' | 'error';
  readonly message: string;
  /** Default: the fields of the event. */
  readonly fields?: Fields;
}

/** Tells what happens, to the stream of events and in a log line. */
export function tell(
  logger: Logger,
  event: SupervisorEvent,
  { level, message, fields }: Line,
): void {
  record(logger, event);
  const { type: _, ...own } = event;
  logger[level](fields ?? own, message);
}
