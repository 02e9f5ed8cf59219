import { type Logger, pino } from 'pino';

export type { Logger };

export const LOG_LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'silent'] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

/** A logger that writes nothing: the default for rooms that are used alone, and for tests. */
export const silentLogger: Logger = pino({ level: 'silent' });
