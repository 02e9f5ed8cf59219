import { styleText } from 'node:util';
import type { Output } from './output.js';

/** Meaning of a colour on a terminal. */
export type Tone = 'good' | 'warning' | 'bad' | 'title';

/** Adds a tone to a text; the columns that it takes stay the same. */
export type Paint = (text: string, tone: Tone) => string;

/** Adds nothing. */
export const PLAIN: Paint = (text) => text;

const STYLES = { good: 'green', warning: 'yellow', bad: 'red', title: 'bold' } as const;

/**
 * Returns what paints for an output: nothing if it is no terminal, or if NO_COLOR is set
 * (https://no-color.org), or the terminal is `dumb`.
 */
export function paintFor({ isTTY = false }: Output, env: NodeJS.ProcessEnv): Paint {
  const isOff = (env.NO_COLOR ?? '') !== '' || env.TERM === 'dumb';
  if (!isTTY || isOff) return PLAIN;
  return (text, tone) => styleText(STYLES[tone], text, { validateStream: false });
}
