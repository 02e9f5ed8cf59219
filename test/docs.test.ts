import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, it } from 'node:test';
import { KEYS } from '../src/config/schema.js';
import { environmentName } from '../src/config/sources.js';
import { ROOT } from './helpers/paths.js';

const FOLDERS = ['.', 'docs', 'examples', 'examples/cluster', 'srs-bin'];
/** One screen. */
const MOST_README_LINES = 60;
const FILES = FOLDERS.flatMap((folder) =>
  readdirSync(join(ROOT, folder))
    .filter((name) => name.endsWith('.md'))
    .map((name) => join(folder, name)),
);

/** Matches of a pattern's first group in each file, with the file's name before them. */
function found(pattern: RegExp, isWrong: (text: string, file: string) => boolean): string[] {
  return FILES.flatMap((file) =>
    Array.from(readFileSync(join(ROOT, file), 'utf8').matchAll(pattern), ([, text = '']) => text)
      .filter((text) => isWrong(text, file))
      .map((text) => `${file}: ${text}`),
  );
}

describe('what people read', () => {
  it('leads to files that are there', () => {
    assert.ok(FILES.length > 10);
    const isLost = (path: string, file: string) => !existsSync(join(ROOT, dirname(file), path));
    assert.deepEqual(found(/\]\((?!https?:|#)([^)#]+)/g, isLost), []);
  });

  it('names files of the program that are there', () => {
    const text = readFileSync(join(ROOT, 'ARCHITECTURE.md'), 'utf8');
    const paths = Array.from(
      text.matchAll(/`([\w.-]+(?:\/[\w.-]+)*(?:\/|\.ts))`/g),
      ([, path = '']) => path,
    );
    assert.ok(paths.length > 80, `${paths.length}`);
    const isLost = (path: string) =>
      ![ROOT, join(ROOT, 'src')].some((at) => existsSync(join(at, path)));
    assert.deepEqual(paths.filter(isLost), []);
  });

  it('begins with a README of one screen, and a picture for light and dark pages', () => {
    const lines = readFileSync(join(ROOT, 'README.md'), 'utf8').trimEnd().split('\n');
    assert.ok(lines.length <= MOST_README_LINES, `${lines.length}`);
    const [, picture = ''] = /^!\[[^\]]{20,}\]\((.*\.svg)\)$/m.exec(lines.join('\n')) ?? [];
    const drawing = readFileSync(join(ROOT, picture), 'utf8');
    assert.match(drawing, /<title\b(.|\n)*prefers-color-scheme: dark/);
    assert.doesNotMatch(drawing, /<script|href="http/);
  });

  it('names the subject of each sentence', () => {
    // "Who comes first is served" has none; a question may begin so.
    const headless = /(?:^|[.:;] )((?:Who|Whoever) [^.?:\n]*)(?=[.:\n])/gm;
    assert.deepEqual(
      found(headless, (_, file) => !file.startsWith('CHANGELOG')),
      [],
    );
  });

  it('is all in the index of documents', () => {
    const index = readFileSync(join(ROOT, 'docs/README.md'), 'utf8');
    const documents = readdirSync(join(ROOT, 'docs')).filter(
      (name) => name !== 'README.md' && name.endsWith('.md'),
    );
    assert.deepEqual(
      documents.filter((name) => !index.includes(`(${name})`)),
      [],
    );
  });

  it('names no configuration key that there is not', () => {
    const sections = new Set(KEYS.map((key) => key.split('.')[0]));
    const isKey = (text: string) => sections.has(text.split('.')[0]) && text.includes('.');
    const isNamed = (text: string) =>
      KEYS.some((key) => key === text || key.startsWith(`${text}.`));
    // A whole word in backquotes, but for names of files.
    const isWrong = (text: string) =>
      isKey(text) && !isNamed(text) && !/\.(md|js|html|conf|yaml|sdk\.js)$/.test(text);
    assert.deepEqual(found(/`([a-z]\w*\.[a-z]\w*)(?=[`:])/g, isWrong), []);
  });

  it('names no variable that there is not', () => {
    const known = KEYS.map(environmentName);
    assert.deepEqual(
      found(/\b(SRS_SUPERVISOR_[A-Z_]+)/g, (name) => !known.includes(name)),
      [],
    );
  });
});
