import type { Finding } from '../check/findings.js';
import { inspect, type Surroundings } from '../check/inspect.js';
import type { Config } from '../config/config.js';

const MARKS: Readonly<Record<Finding['status'], string>> = {
  ok: 'ok  ',
  warn: 'warn',
  fail: 'FAIL',
};

/** What `check` prints, and whether a start would go through. */
export interface CheckAnswer {
  readonly text: string;
  readonly passed: boolean;
}

/** Looks at config and machine as a start would; changes nothing. */
export async function check(config: Config, around: Surroundings): Promise<CheckAnswer> {
  const { findings, prepared } = await inspect(config, around);
  const width = Math.max(...findings.list.map((finding) => finding.check.length));
  const lines = findings.list.map(
    ({ check, status, text }) => `${MARKS[status]}  ${check.padEnd(width)}  ${text}`,
  );
  return { text: lines.join('\n'), passed: prepared !== null };
}
