import type { Finding } from '../check/findings.js';
import { inspect, type Surroundings } from '../check/inspect.js';
import { tryStart } from '../check/start.js';
import type { Config } from '../config/config.js';

const MARKS: Readonly<Record<Finding['status'], string>> = {
  ok: 'ok  ',
  warn: 'warn',
  fail: 'FAIL',
};

/** Output of `check`; `passed`: a start would succeed. */
export interface CheckAnswer {
  readonly text: string;
  readonly passed: boolean;
}

/** Tries the steps of a start and undoes them. */
export async function check(config: Config, around: Surroundings): Promise<CheckAnswer> {
  const { findings, count } = await inspect(config, around);
  await tryStart(config, count, findings);
  const width = Math.max(...findings.list.map((finding) => finding.check.length));
  const lines = findings.list.map(
    ({ check, status, text }) => `${MARKS[status]}  ${check.padEnd(width)}  ${text}`,
  );
  return { text: lines.join('\n'), passed: findings.error === null };
}
