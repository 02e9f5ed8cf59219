import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { ROOT } from '../helpers/paths.js';

const FOLDERS = ['players', 'console'].map((name) => join(ROOT, 'pages', name));
const BUILD = join(ROOT, 'pages/build.mjs');

/** Lines of our own sources for browsers that a pattern matches. */
function linesWith(pattern: RegExp, ending: RegExp): string[] {
  return FOLDERS.flatMap((folder) => {
    const files = readdirSync(folder).filter((file) => ending.test(file));
    assert.ok(files.length > 0);
    return files.flatMap((file) => {
      const lines = readFileSync(join(folder, file), 'utf8').split('\n');
      return lines.filter((line) => pattern.test(line)).map((line) => `${file}: ${line.trim()}`);
    });
  });
}

test('pages have no scripts and no looks of their own inside', () => {
  assert.deepEqual(linesWith(/<script(?![^>]*\ssrc=)|<style|\s(style|on\w+)=/i, /\.html$/), []);
});

test('nothing is loaded from elsewhere', () => {
  const elsewhere = /https?:|["'(]\/\//;
  assert.deepEqual(linesWith(elsewhere, /\.(html|css)$/), []);
  assert.doesNotMatch(readFileSync(BUILD, 'utf8'), elsewhere);
});

test('no text is read as HTML or as a script', () => {
  const risky = /(inner|outer|Adjacent)HTML|srcdoc|document\.write|\beval\(|new Function/;
  assert.deepEqual(linesWith(risky, /\.ts$/), []);
});
