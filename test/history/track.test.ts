import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Track } from '../../src/history/track.js';

test('tells the samples that somebody does not have yet', () => {
  const track = new Track(['a', 'b'], 4);
  assert.deepEqual(track.after(0), { last: 0, at: [], of: { a: [], b: [] } });
  track.add(1000, { a: 1, b: 0.25 });
  track.add(2000, { a: 2, b: 123.4 });
  assert.deepEqual(track.after(0), { last: 2, at: [1000, 2000], of: { a: [1, 2], b: [0.3, 123] } });
  assert.deepEqual(track.after(1), { last: 2, at: [2000], of: { a: [2], b: [123] } });
  assert.deepEqual(track.after(2), { last: 2, at: [], of: { a: [], b: [] } });
});

test('keeps the last ones', () => {
  const track = new Track(['a'], 3);
  for (let i = 1; i <= 8; i += 1) track.add(i, { a: i });
  assert.deepEqual(track.after(0), { last: 8, at: [6, 7, 8], of: { a: [6, 7, 8] } });
  assert.deepEqual(track.after(7), { last: 8, at: [8], of: { a: [8] } });
  assert.deepEqual(track.after(99).at, [], 'a number of another run');
});
