import assert from 'node:assert/strict';
import { test } from 'node:test';
import { append, inOwnMemory } from '../../src/protocol/append.js';

test('bytes are appended, and copied only where there are both', () => {
  const [a, b, none] = [Buffer.from('ab'), Buffer.from('c'), Buffer.alloc(0)];
  assert.equal(append(a, b).toString(), 'abc');
  assert.equal(append(none, b), b);
  assert.equal(append(a, none), a);
});

test('bytes that go to another thread have memory that is theirs alone', () => {
  const bytes = inOwnMemory([Buffer.from('ab'), Buffer.from('c'), Buffer.alloc(0)]);
  assert.equal(bytes.toString(), 'abc');
  assert.equal(bytes.buffer.byteLength, 3);
  assert.equal(inOwnMemory([]).length, 0);
});
