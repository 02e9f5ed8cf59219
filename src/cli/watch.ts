import { setTimeout as delay } from 'node:timers/promises';
import { SupervisorError } from '../errors.js';
import type { Output } from './output.js';

/** Size of a terminal in characters. */
interface Size {
  readonly columns: number;
  readonly rows: number;
}

export interface WatchOptions {
  readonly stdout: Output;
  /** Seconds between two looks. */
  readonly seconds: number;
  /** Returns the size of the terminal now; null: the output is no terminal. */
  readonly size: () => Size | null;
  /** Aborts when the user does not want to watch any more. */
  readonly interrupted: AbortSignal;
}

const DEFAULT_SECONDS = 2;

// Terminal sequences.
const ENTER = '\x1b[?1049h\x1b[?25l';
const LEAVE = '\x1b[?25h\x1b[?1049l';
const HOME = '\x1b[H';
const CLEAR_LINE = '\x1b[K';
const CLEAR_BELOW = '\x1b[J';

/** Reads the value of `--watch`; null: it is not given. @throws ERR_USAGE */
export function watchSeconds(given: string | true | undefined): number | null {
  if (given === undefined) return null;
  if (given === true) return DEFAULT_SECONDS;
  const seconds = /^\d{1,4}(?:\.\d)?$/.test(given) ? Number(given) : 0;
  if (seconds > 0) return seconds;
  throw new SupervisorError('ERR_USAGE', `--watch: must be seconds, 0.1-9999, got "${given}"`);
}

/**
 * Shows a text again and again until the user interrupts: on a terminal in its place, on anything
 * else one below the other. The first look has to succeed; a supervisor that is away later is
 * waited for. @throws the error of the first look
 */
export async function watch(look: () => Promise<string>, options: WatchOptions): Promise<void> {
  const { stdout, seconds, size, interrupted } = options;
  let text = await look();
  const isScreen = size() !== null;
  if (isScreen) stdout.write(ENTER);
  try {
    while (!interrupted.aborted) {
      stdout.write(isScreen ? screenOf(text, seconds, size()) : `${text}\n`);
      await delay(1000 * seconds, undefined, { signal: interrupted }).catch(() => {});
      if (!interrupted.aborted) text = await look().catch(awayText);
    }
  } finally {
    if (isScreen) stdout.write(LEAVE);
  }
}

function awayText(error: unknown): string {
  if (error instanceof SupervisorError) return `${error.message}\n`;
  throw error;
}

/** Returns what replaces the screen: the text, cut to its height, and a line about the watching. */
function screenOf(text: string, seconds: number, size: Size | null): string {
  const lines = text.trimEnd().split('\n');
  const room = Math.max(1, (size?.rows ?? 24) - 2);
  const left = lines.length - room;
  const more = left > 0 ? `${left} more lines: --limit or a filter shows fewer; ` : '';
  const foot = `${more}every ${seconds} s, Ctrl-C ends it`;
  const shown = [...lines.slice(0, room), '', foot.slice(0, (size?.columns ?? 80) - 1)];
  return `${HOME}${shown.map((line) => `${line}${CLEAR_LINE}`).join('\n')}${CLEAR_BELOW}`;
}
