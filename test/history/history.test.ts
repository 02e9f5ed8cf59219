import assert from 'node:assert/strict';
import { test } from 'node:test';
import { History } from '../../src/history/history.js';

const BOX = { clients: 1, streams: 2, in: 3, out: 4, cpu: 5, cpuMost: 6, own: 7, lag: 8 };

test('has what the box, its children and its streams did', async () => {
  const history = new History({
    box: () => BOX,
    children: () => [['c001', 50, 1e6]],
    streams: async () => [['v/live/x', 2e6, 3]],
  });
  history.addBox(1000, BOX);
  assert.deepEqual(history.box(0).of.cpuMost, [6]);
  await history.lookAtThings();
  assert.deepEqual(history.child('c001'), { a: [50], b: [1e6] });
  assert.deepEqual(history.stream('v/live/x'), { a: [2e6], b: [3] });
  assert.equal(history.stream('v/live/y'), null);
  await history.close();
});

test('looks once at a time, and lives on when the streams cannot be told', async () => {
  let looks = 0;
  const history = new History({
    box: () => BOX,
    children: () => [],
    streams: async () => {
      looks += 1;
      throw new Error('a relay thread has died');
    },
  });
  await Promise.all([history.lookAtThings(), history.lookAtThings()]);
  assert.equal(looks, 1);
  await history.lookAtThings();
  assert.equal(looks, 2);
});
