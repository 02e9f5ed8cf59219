import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from '../helpers/paths.js';
import type { Scene } from './stage.js';

/** Servers whose transcript is compared with that of a lone SRS. */
export type Server = 'srs' | 'mini-srs' | 'box of srs' | 'box of mini-srs';

/** A known difference between a server and a lone SRS, and its reason. */
export interface Difference {
  readonly of: readonly Server[];
  /** Scripts, by the beginning of their names; all of them where there is none. */
  readonly scripts?: readonly string[];
  /** Titles of steps; all of them where there is none. */
  readonly steps?: readonly string[];
  /** Lines of a lone SRS. `/…/` is a pattern. */
  readonly srs: readonly string[];
  /** Lines in their place. */
  readonly instead: readonly string[];
  readonly reason: string;
  /** A fault: once it is mended the difference is gone, which no test minds. */
  readonly toBeMended?: true;
}

function fileOf(script: string): string {
  return join(ROOT, 'test/twins/expected', `${script}.json`);
}

/** The recorded transcript of a lone SRS. */
export function expectedOf(script: string): Scene[] {
  return JSON.parse(readFileSync(fileOf(script), 'utf8')) as Scene[];
}

export function record(script: string, scenes: readonly Scene[]): void {
  writeFileSync(fileOf(script), `${JSON.stringify(scenes, null, 1)}\n`);
}

/**
 * Both transcripts without what is known to differ, as texts. `used` gets the differences that
 * were found.
 */
export function withoutKnown(
  pair: { readonly script: string; readonly expected: readonly Scene[]; got: readonly Scene[] },
  known: readonly Difference[],
  used: Set<Difference>,
): { expected: string[]; got: string[] } {
  const expected: string[] = [];
  const got: string[] = [];
  for (const [at, { step, lines }] of pair.expected.entries()) {
    const there = pair.got[at]?.step === step ? (pair.got[at]?.lines ?? []) : ['no such step'];
    const ofStep = known.filter((one) => isAbout(one, pair.script, step));
    const whole: Pair = { expected: lines, got: there };
    const both = ofStep.reduce((rest, one) => leaveOut(rest, one, used), whole);
    expected.push(...both.expected.map((line) => `${step} | ${line}`));
    got.push(...both.got.map((line) => `${step} | ${line}`));
  }
  return { expected, got };
}

function isAbout({ scripts, steps }: Difference, script: string, step: string): boolean {
  const isScript = scripts?.some((name) => script.startsWith(name)) ?? true;
  return isScript && (steps?.includes(step) ?? true);
}

interface Pair {
  readonly expected: readonly string[];
  readonly got: readonly string[];
}

/** Only a whole difference counts, and only where both do not say the same. */
function leaveOut(pair: Pair, difference: Difference, used: Set<Difference>): Pair {
  const expected = without(pair.expected, difference.srs);
  const got = without(pair.got, difference.instead);
  if (expected === null || got === null || isSame(pair)) return pair;
  used.add(difference);
  return { expected, got };
}

function isSame({ expected, got }: Pair): boolean {
  return expected.length === got.length && expected.every((line, at) => line === got[at]);
}

/** Null where one of the lines is not there. */
function without(lines: readonly string[], some: readonly string[]): string[] | null {
  const left = [...lines];
  for (const one of some) {
    const pattern = /^\/(.*)\/$/.exec(one)?.[1];
    const matches = (line: string) =>
      pattern === undefined ? line === one : new RegExp(pattern).test(line);
    const at = left.findIndex(matches);
    if (at < 0) return null;
    left.splice(at, 1);
  }
  return left;
}
