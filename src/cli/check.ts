import type { Finding } from '../check/findings.js';
import { inspect, type Surroundings } from '../check/inspect.js';
import { tryStart } from '../check/start.js';
import type { Config } from '../config/config.js';
import { wrapped } from './wrap.js';

const MARKS: Readonly<Record<Finding['status'], string>> = {
  ok: 'ok  ',
  note: 'note',
  warn: 'warn',
  fail: 'FAIL',
};

/** Output of `check`; `passed`: a start would succeed. */
export interface CheckAnswer {
  readonly text: string;
  readonly passed: boolean;
}

/**
 * Tries the steps of a start and undoes them. `width`: columns of the terminal; null: it is none.
 */
export async function check(
  config: Config,
  around: Surroundings,
  width: number | null,
): Promise<CheckAnswer> {
  const { findings, count } = await inspect(config, around);
  await tryStart(config, count, findings);
  const widest = Math.max(...findings.list.map((finding) => finding.check.length));
  const lines = findings.list.map(({ check, status, text }) => {
    const line = `${MARKS[status]}  ${check.padEnd(widest)}  ${text}`;
    return wrapped(line, width, line.length - text.length);
  });
  return { text: lines.join('\n'), passed: findings.error === null };
}
