import assert from 'node:assert/strict';
import { test } from 'node:test';
import { PendingClients, type PendingEntry } from '../../src/listener/pending.js';

test('the oldest goes first, and its age is told whenever it is another one', () => {
  const told: (number | null)[] = [];
  const shed: number[] = [];
  const pending = new PendingClients((since) => told.push(since));
  const add = (since: number): PendingEntry => {
    const client = pending.add(since, () => {
      shed.push(since);
      pending.remove(client);
    });
    return client;
  };
  const [one, two, three, four] = [add(1), add(2), add(3), add(4)];
  assert.deepEqual(told, [1]);
  pending.remove(three);
  assert.deepEqual(told, [1]);
  pending.remove(one);
  assert.equal(pending.shed(), true);
  assert.deepEqual(shed, [2]);
  pending.remove(four);
  assert.equal(pending.shed(), false);
  assert.deepEqual(told, [1, 2, 4, null]);
  add(5);
  add(6);
  assert.ok(pending.shed() && pending.shed() && !pending.shed());
  assert.deepEqual(shed, [2, 5, 6]);
  assert.equal(two.since, 2);
});
