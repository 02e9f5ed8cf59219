import assert from 'node:assert/strict';
import { test } from 'node:test';
import { LastWords } from '../../src/child/last-words.js';

test('the end of all pieces is kept, whatever their sizes', () => {
  const words = new LastWords(8);
  const said = Array.from({ length: 100 }, (_, i) => `${i},`);
  for (const piece of said) words.add(Buffer.from(piece));
  assert.equal(`${words}`, said.join('').slice(-8));
  words.add(Buffer.from('abc'));
  assert.equal(`${words}`, `${said.join('').slice(-5)}abc`);
  words.add(Buffer.from('a longer piece than is kept'));
  assert.equal(`${words}`, 'than is kept'.slice(-8));
});

test('what is forgotten is gone', () => {
  const words = new LastWords(8);
  words.add(Buffer.from('abc'));
  words.forget();
  assert.equal(`${words}`, '');
});
