import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { wrapped } from '../../src/cli/wrap.js';

test('a line that fits, or goes to no terminal, stays as it is', () => {
  assert.equal(wrapped('a line', 6), 'a line');
  assert.equal(wrapped('a line that is longer', null), 'a line that is longer');
});

test('a longer line is broken at blanks, and goes on behind an indent', () => {
  assert.equal(wrapped('one two three four', 9), 'one two\n  three\n  four');
  assert.equal(wrapped('ok    check  it is fine', 18, 13), 'ok    check  it is\n             fine');
});

test('columns of a table stay apart', () => {
  assert.equal(wrapped('ok    check  it', 13, 6), 'ok    check\n      it');
});

test('a word that is too long stays whole', () => {
  assert.equal(wrapped('at /a/long/path it is', 8), 'at\n  /a/long/path\n  it is');
});

test('a character of two columns counts for two', () => {
  assert.equal(wrapped('日本 日本', 8, 0), '日本\n日本');
});

test('no word is lost, and no line of several words is too wide', () => {
  const words = fc.array(fc.stringMatching(/^[a-z]{1,12}$/), { minLength: 1, maxLength: 30 });
  fc.assert(
    fc.property(words, fc.integer({ min: 10, max: 80 }), (all, width) => {
      const lines = wrapped(all.join(' '), width).split('\n');
      assert.deepEqual(
        lines.flatMap((line) => line.trim().split(' ')),
        all,
      );
      for (const line of lines) assert.ok(line.length <= width || !line.trim().includes(' '), line);
    }),
  );
});
