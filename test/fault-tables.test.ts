import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { ROOT } from './helpers/paths.js';

const TEST = join(ROOT, 'test');
/** A test's file in a table, with or without its ending, and titles of its tests after it. */
const NAMED = /`([\w/-]+?)(?:\.test\.ts)?`(?:: ((?:"[^"]+"(?:, )?)+))?/g;

/** The last cell of each row of a table, without its head. */
function cells(file: string): string[] {
  const rows = readFileSync(join(TEST, file), 'utf8').split('\n');
  const lines = rows.filter((line) => line.startsWith('|')).slice(2);
  return lines.map((line) => line.split('|').at(-2)?.trim() ?? '');
}

/** Files of tests, scripts of the twins and titles that a cell names and that are not there. */
function missing(cell: string): string[] {
  return [...cell.matchAll(NAMED)].flatMap(([, name = '', titles = '']) => {
    if (existsSync(join(TEST, 'twins/expected', `${name}.json`))) return [];
    const file = join(TEST, name === 'twins' ? 'twins/twins.test.ts' : `${name}.test.ts`);
    if (!existsSync(file)) return [name];
    const text = readFileSync(file, 'utf8');
    const words = [...titles.matchAll(/"([^"…]+?)\s*…?"/g)].map(([, title = '']) => title);
    return words.filter((title) => !text.includes(title));
  });
}

describe('tables of faults', () => {
  for (const file of ['FAULTS.md', 'FIRST-HOUR.md']) {
    it(`name tests that are there: ${file}`, () => {
      const found = cells(file);
      assert.ok(found.length > 20, `${found.length} rows`);
      assert.deepEqual(found.flatMap(missing), []);
    });

    it(`name a test, a document or a command in each row: ${file}`, () => {
      const open = cells(file).filter(
        (cell) => !/`[\w/-]+(\.test\.ts)?`|`npm run |docs\//.test(cell),
      );
      assert.deepEqual(open, []);
    });
  }
});
