import assert from 'node:assert/strict';
import { test } from 'node:test';
import { AliasBook } from '../../src/listener/aliases.js';

const LAST = 0x7ffffffe;

const held = (client: string) => ({ id: `id of ${client}`, client });

test('every client has an alias of its own, none of 127.0.x.x', () => {
  const book = new AliasBook();
  const taken = Array.from({ length: 70_000 }, (_, n) => book.take(held(`192.0.2.1:${n}`)));
  assert.deepEqual(taken.slice(0, 2), ['127.1.0.0', '127.1.0.1']);
  assert.equal(taken[65_536], '127.2.0.0');
  assert.equal(new Set(taken).size, 70_000);
  assert.equal(book.holderOf(taken[69_999] ?? '')?.client, '192.0.2.1:69999');
});

test('a released alias is not given again at once, and tells for a while whose it was', () => {
  const book = new AliasBook();
  const alias = book.take(held('a'));
  assert.ok(alias);
  book.release(alias);
  book.release(alias);
  book.release(null);
  assert.equal(book.holderOf(alias)?.client, 'a');
  assert.notEqual(book.take(held('b')), alias);
  for (let n = 0; n < 20_000; n++) book.release(book.take(held(`c${n}`)));
  assert.equal(book.holderOf(alias), null);
});

test('behind the last one the first come again, without those still held', () => {
  const book = new AliasBook({ first: LAST - 2, last: LAST });
  const taken = ['a', 'b', 'c'].map((client) => book.take(held(client)));
  assert.deepEqual(taken, ['127.255.255.252', '127.255.255.253', '127.255.255.254']);
  book.release('127.255.255.253');
  assert.equal(book.take(held('d')), '127.255.255.253');
  assert.equal(book.holderOf('127.255.255.253')?.client, 'd');
  assert.equal(book.holderOf('127.255.255.252')?.client, 'a');
});

test('where the machine lends none, there are none', () => {
  const book = new AliasBook();
  const alias = book.take(held('a'));
  book.disable();
  assert.equal(book.take(held('b')), null);
  book.release(alias);
  assert.equal(book.holderOf(alias ?? '')?.client, 'a');
});
