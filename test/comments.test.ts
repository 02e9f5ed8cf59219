/** Comments are sentences of plain technical English, in lines that fit the code's own width. */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { ROOT } from './helpers/paths.js';

/** Columns of a line, as in biome.json. */
const MAX_COLUMNS = 100;
/** A line of a comment, or code with a comment behind it. */
const COMMENT_LINE = /^\s*(?:\/\/|\/\*\*|\*)|\s\/\/ /;
/** A comment that begins with a clause that has no main clause: "What is not known yet." */
const HEADLESS =
  /^\s*\/\*\*(?:\n\s*\*)? (?:What|Who|Whoever|Whom|Whose|Whether|Whatever|Those who|Those that)\b.*/gm;

interface Source {
  readonly path: string;
  readonly text: string;
}

function sourcesOf(folder: string): Source[] {
  return readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts'))
    .map((file) => join(folder, file))
    .map((path) => ({ path, text: readFileSync(join(ROOT, path), 'utf8') }));
}

const sources = [...sourcesOf('src'), ...sourcesOf('test')].filter(
  ({ path }) => path !== 'test/comments.test.ts',
);

describe('comments', () => {
  it('are found', () => {
    const lines = sources.flatMap(({ text }) => text.split('\n'));
    assert.ok(lines.filter((line) => COMMENT_LINE.test(line)).length > 2000);
    assert.equal('/** What is\n/**\n * Whether it\n/** Whatsoever'.match(HEADLESS)?.length, 2);
  });

  it(`are at most ${MAX_COLUMNS} columns wide`, () => {
    const long = sources.flatMap(({ path, text }) =>
      text
        .split('\n')
        .filter((line) => line.length > MAX_COLUMNS && COMMENT_LINE.test(line))
        .map((line) => `${path}: ${line.trim()}`),
    );
    assert.deepEqual(long, []);
  });

  it('begin with a verb or a noun', () => {
    const headless = sources.flatMap(({ path, text }) =>
      Array.from(text.matchAll(HEADLESS), ([found]) => `${path}: ${found.trim()}`),
    );
    assert.deepEqual(headless, []);
  });
});
