import type { Finding } from '../check/findings.js';
import { inspect, type Surroundings } from '../check/inspect.js';
import { tryStart } from '../check/start.js';
import type { Config } from '../config/config.js';
import type { Tone } from './paint.js';
import type { Screen } from './table.js';
import { wrapped } from './wrap.js';

const MARKS: Readonly<Record<Finding['status'], string>> = {
  ok: 'ok  ',
  note: 'note',
  warn: 'warn',
  fail: 'FAIL',
};

const TONES: Readonly<Record<Finding['status'], Tone | null>> = {
  ok: 'good',
  note: null,
  warn: 'warning',
  fail: 'bad',
};

/** Output of `check`; `passed`: a start would succeed. */
export interface CheckAnswer {
  readonly text: string;
  readonly passed: boolean;
}

/** Tries the steps of a start and undoes them. */
export async function check(
  config: Config,
  around: Surroundings,
  screen: Screen,
): Promise<CheckAnswer> {
  const { findings, count } = await inspect(config, around);
  await tryStart(config, count, findings);
  return { text: findingsText(findings.list, screen), passed: findings.error === null };
}

/** Formats findings, one line each where the terminal is wide enough. */
export function findingsText(list: readonly Finding[], { width, paint }: Screen): string {
  const widest = Math.max(...list.map((finding) => finding.check.length));
  const lines = list.map(({ check, status, text }) => {
    const mark = MARKS[status];
    const line = `${mark}  ${check.padEnd(widest)}  ${text}`;
    const tone = TONES[status];
    // Painted afterwards: a colour takes no columns.
    const rest = wrapped(line, width, line.length - text.length).slice(mark.length);
    return `${tone === null ? mark : paint(mark, tone)}${rest}`;
  });
  return lines.join('\n');
}
