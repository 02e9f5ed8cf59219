import assert from 'node:assert/strict';
import { test } from 'node:test';
import { AliasBook } from '../../src/listener/aliases.js';

const LAST = 0x7ffffffe;

test('every client has an alias of its own, none of 127.0.x.x', () => {
  const book = new AliasBook();
  const taken = Array.from({ length: 70_000 }, (_, n) => book.take(`192.0.2.1:${n}`));
  assert.deepEqual(taken.slice(0, 2), ['127.1.0.0', '127.1.0.1']);
  assert.equal(taken[65_536], '127.2.0.0');
  assert.equal(new Set(taken).size, 70_000);
  assert.equal(book.clientOf(taken[69_999] ?? ''), '192.0.2.1:69999');
});

test('a released alias is not given again at once, and tells for a while whose it was', () => {
  const book = new AliasBook();
  const alias = book.take('a');
  assert.ok(alias);
  book.release(alias);
  book.release(alias);
  book.release(null);
  assert.equal(book.clientOf(alias), 'a');
  assert.notEqual(book.take('b'), alias);
  for (let n = 0; n < 20_000; n++) book.release(book.take(`c${n}`));
  assert.equal(book.clientOf(alias), null);
});

test('behind the last one the first come again, without those still held', () => {
  const book = new AliasBook({ first: LAST - 2, last: LAST });
  const taken = ['a', 'b', 'c'].map((client) => book.take(client));
  assert.deepEqual(taken, ['127.255.255.252', '127.255.255.253', '127.255.255.254']);
  book.release('127.255.255.253');
  assert.equal(book.take('d'), '127.255.255.253');
  assert.equal(book.clientOf('127.255.255.253'), 'd');
  assert.equal(book.clientOf('127.255.255.252'), 'a');
});

test('where the machine lends none, there are none', () => {
  const book = new AliasBook();
  const alias = book.take('a');
  book.disable();
  assert.equal(book.take('b'), null);
  book.release(alias);
  assert.equal(book.clientOf(alias ?? ''), 'a');
});
