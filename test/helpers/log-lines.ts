import { createLogger, type LogLevel } from '../../src/logging/logger.js';

/** Returns a logger and its lines, each as `{ msg, …fields }` without level and time. */
export function recordLog(level: LogLevel = 'warn') {
  const lines: Record<string, unknown>[] = [];
  const write = (text: string) => {
    const { level: _, time: __, ...line } = JSON.parse(text) as Record<string, unknown>;
    lines.push(line);
  };
  return { logger: createLogger(level, { people: false, write }), lines };
}
