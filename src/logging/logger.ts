/**
 * The room `logging/`: where log lines go, without secrets and without holding anybody up.
 * May import: events.
 */

import { type DestinationStream, type Logger, pino } from 'pino';
import { escapeControls } from './loggable.js';

export type { Logger };

export const LOG_LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'silent'] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];
export const LOG_FORMATS = ['auto', 'text', 'json'] as const;

/** A logger that writes nothing: the default in tests, and for a room used alone. */
export const silentLogger: Logger = pino({ level: 'silent' });

/** Destination of log lines: text if `people`, else one JSON object per line. Both may change. */
export interface LogTarget {
  readonly people: boolean;
  write(text: string): void;
}

/** Loggers that were made from a root logger, and the root of each. */
const descendants = new WeakMap<Logger, Set<Logger>>();
const roots = new WeakMap<Logger, Logger>();

/** Makes the root logger; rooms use children of it (`logger.child({ room: 'rtmp' })`). */
export function createLogger(level: LogLevel, target: LogTarget): Logger {
  const destination: DestinationStream = {
    write: (line) => target.write(target.people ? readable(line) : line),
  };
  const formatters = { level: (label: string) => ({ level: label }) };
  const timestamp = pino.stdTimeFunctions.isoTime;
  const children = new Set<Logger>();
  const onChild = (child: Logger) => {
    children.add(child);
    roots.set(child, root);
  };
  const root: Logger = pino({ level, base: null, timestamp, formatters, onChild }, destination);
  descendants.set(root, children);
  return root;
}

/** Sets the level of a root logger and of all loggers made from it. Each emits `level-change`. */
export function changeLevel(root: Logger, level: LogLevel): void {
  for (const logger of [root, ...(descendants.get(root) ?? [])]) logger.level = level;
}

/** Returns the root logger from which a logger was made, or the logger itself. */
export function rootOf(logger: Logger): Logger {
  return roots.get(logger) ?? logger;
}

const LEVEL_NAMES: Readonly<Record<string, string>> = {
  info: '',
  warn: 'warning: ',
  error: 'error: ',
};

/** Formats `12:00:01 warning: child is gone child=c002 reason=…`. */
function readable(line: string): string {
  const { level, time, msg, room, ...rest } = JSON.parse(line) as Record<string, unknown>;
  const clock = String(time).slice(11, 19);
  const name = LEVEL_NAMES[String(level)] ?? 'debug: ';
  const fields = Object.entries(rest).map(([key, field]) => ` ${key}=${shownText(key, field)}`);
  return `${clock} ${name}${room ? `${room}: ` : ''}${escapeControls(String(msg))}${fields.join('')}\n`;
}

/**
 * Formats a field. Only a stack may have several lines; elsewhere line ends are escaped, since a
 * client may have sent them.
 */
function shownText(key: string, field: unknown): string {
  const text = fieldText(field);
  return key === 'stack' ? text.split('\n').map(escapeControls).join('\n') : escapeControls(text);
}

function fieldText(field: unknown): string {
  if (typeof field === 'string') return field;
  const message = (field as { message?: unknown } | null)?.message;
  return typeof message === 'string' ? message : JSON.stringify(field);
}
