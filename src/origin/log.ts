/** SRS names INFO `trace`; `info` and `verbose` of its older directive are the same. */
const LEVELS = { INFO: 0, WARN: 1, ERROR: 2 } as const;
export type LogLevel = keyof typeof LEVELS;

const COLOURS = { INFO: '', WARN: '\u001b[33m', ERROR: '\u001b[31m' } as const;

/** Writes SRS's log lines; `cid`: id of the client that the line is about. */
export interface Log {
  info(cid: string, text: string): void;
  warn(cid: string, text: string): void;
  error(cid: string, text: string): void;
}

function two(value: number, width = 2): string {
  return String(value).padStart(width, '0');
}

/** Formats `YYYY-MM-DD hh:mm:ss.mmm` in local time. */
export function logTime(time: Date): string {
  const day = `${time.getFullYear()}-${two(time.getMonth() + 1)}-${two(time.getDate())}`;
  const clock = `${two(time.getHours())}:${two(time.getMinutes())}:${two(time.getSeconds())}`;
  return `${day} ${clock}.${two(time.getMilliseconds(), 3)}`;
}

/** Makes a log that drops lines below `level`. Control characters of clients become blanks. */
export function createLog(level: LogLevel, write: (line: string) => void): Log {
  const line = (of: LogLevel, cid: string, text: string): void => {
    if (LEVELS[of] < LEVELS[level]) return;
    const errno = of === 'INFO' ? '' : '[0]';
    const head = `[${logTime(new Date())}][${of}][${process.pid}][${cid}]${errno}`;
    const body = `${head} ${text.replace(/\p{Cc}+/gu, ' ')}`;
    write(COLOURS[of] === '' ? `${body}\n` : `${COLOURS[of]}${body}\u001b[0m\n`);
  };
  return {
    info: (cid, text) => line('INFO', cid, text),
    warn: (cid, text) => line('WARN', cid, text),
    error: (cid, text) => line('ERROR', cid, text),
  };
}
