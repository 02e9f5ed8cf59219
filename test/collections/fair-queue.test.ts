import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FairQueue } from '../../src/collections/fair-queue.js';

function drained(queue: FairQueue<string>): string[] {
  const all: string[] = [];
  for (let one = queue.next(); one !== undefined; one = queue.next()) all.push(one);
  return all;
}

test('senders take turns, and each has its own in order', () => {
  const queue = new FairQueue<string>();
  for (const entry of ['a1', 'a2', 'a3', 'a4', 'b1', 'b2', 'c1']) queue.add(entry[0] ?? '', entry);
  assert.equal(queue.size, 7);
  assert.deepEqual(drained(queue), ['a1', 'b1', 'c1', 'a2', 'b2', 'a3', 'a4']);
  assert.equal(queue.size, 0);
});

test('one that comes later waits for one entry of each other sender', () => {
  const queue = new FairQueue<string>();
  for (let n = 1; n <= 1000; n += 1) queue.add('a', `a${n}`);
  assert.equal(queue.next(), 'a1');
  queue.add('b', 'b1');
  assert.deepEqual([queue.next(), queue.next(), queue.next()], ['a2', 'b1', 'a3']);
  assert.equal(queue.size, 997);
});

test('an empty queue takes entries again', () => {
  const queue = new FairQueue<string>();
  assert.equal(queue.next(), undefined);
  queue.add('a', 'a1');
  assert.deepEqual(drained(queue), ['a1']);
  queue.add('a', 'a2');
  assert.deepEqual(drained(queue), ['a2']);
});
