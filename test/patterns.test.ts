/**
 * No pattern of ours takes more than linear time, whatever the text: `recheck` proves it for each,
 * or finds a text that it is slow on. It runs in this process, as plain JavaScript.
 */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { before, describe, it } from 'node:test';
import { type Node, parse } from 'acorn';
import type { Diagnostics, Parameters } from 'recheck';
import { ROOT } from './helpers/paths.js';

/** A busy machine must not turn a slow proof into none. */
const PARAMETERS: Parameters = { timeout: 10 * 60_000, randomSeed: 1 };

type Check = (source: string, flags: string, parameters: Parameters) => Diagnostics;
let check: Check;

before(async () => {
  process.env.RECHECK_BACKEND = 'pure';
  const recheck = await import('recheck');
  check = recheck.checkSync;
});

/** Where each pattern of a folder of compiled modules stands, by source and flags. */
function patternsIn(folder: string): Map<string, { pattern: RegExp; where: string }> {
  const found = new Map<string, { pattern: RegExp; where: string }>();
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' });
  for (const file of files.filter((name) => name.endsWith('.js'))) {
    const options = { ecmaVersion: 'latest', sourceType: 'module', locations: true } as const;
    visit(parse(readFileSync(join(folder, file), 'utf8'), options), (node) => {
      if (!('regex' in node) || !('value' in node)) return;
      const pattern = node.value as RegExp;
      found.set(String(pattern), { pattern, where: `${file}:${node.loc?.start.line}` });
    });
  }
  return found;
}

function visit(node: unknown, look: (node: Node) => void): void {
  if (typeof node !== 'object' || node === null) return;
  if ('type' in node) look(node as Node);
  for (const inner of Object.values(node)) visit(inner, look);
}

/** Null where it takes linear time. */
function faultOf({ source, flags }: RegExp): string | null {
  const found = check(source, flags, PARAMETERS);
  if (found.status === 'safe') return null;
  return found.status === 'unknown' ? found.error.kind : found.complexity.summary;
}

describe('patterns', () => {
  it('are proved by a check that finds slow ones', () => {
    assert.match(faultOf(/^(a+)+$/) ?? '', /exponential/);
    assert.match(faultOf(/#+([!-~]*)$/) ?? '', /polynomial/);
    assert.equal(faultOf(/^#([!-~]*)$/), null);
  });

  it('take linear time', () => {
    const patterns = patternsIn(join(ROOT, 'dist/src'));
    assert.ok(patterns.size > 100, `${patterns.size}`);
    const faults = Array.from(patterns.values(), ({ pattern, where }) => {
      const fault = faultOf(pattern);
      return fault === null ? [] : [`${where}: ${pattern}: ${fault}`];
    });
    assert.deepEqual(faults.flat(), []);
  });
});
