import assert from 'node:assert/strict';
import { test } from 'node:test';
import { GarbageWatch } from '../../src/system/garbage-watch.js';

const MB = 1e6;
const SECOND = 1000;

/**
 * Looks every 5 s at `used` MB, with that much of the time busy; answers which looks were worth it.
 */
function looks(watch: GarbageWatch, from: number, rows: readonly [used: number, busy: number][]) {
  return rows.map(([used, busy], i) =>
    watch.isWorthwhile(used * MB, busy, from + 5 * SECOND * (i + 1)),
  );
}

test('garbage is worth collecting when much has come and the loop is calm for a while', () => {
  const watch = new GarbageWatch();
  watch.collected(30 * MB, 0);
  const busy = looks(watch, 60 * SECOND, [
    [200, 0.9],
    [200, 0.1],
    [200, 0.5],
    [200, 0.1],
    [200, 0.1],
  ]);
  assert.deepEqual(busy, [false, false, false, false, true]);
});

test('little growth is not, nor is what V8 has collected meanwhile', () => {
  const watch = new GarbageWatch();
  watch.collected(100 * MB, 0);
  const grown = looks(watch, 60 * SECOND, [
    [133, 0],
    [134, 0],
    [40, 0],
    [67, 0],
    [69, 0],
  ]);
  assert.deepEqual(grown, [false, false, false, false, true]);
});

test('a collection comes half a minute after another at the soonest', () => {
  const watch = new GarbageWatch();
  watch.collected(30 * MB, 0);
  const rows = Array.from({ length: 7 }, (): [number, number] => [65, 0]);
  assert.deepEqual(looks(watch, 0, rows), [false, false, false, false, false, true, true]);
  watch.collected(30 * MB, 35 * SECOND);
  assert.deepEqual(looks(watch, 35 * SECOND, rows.slice(1)), [...Array(5).fill(false), true]);
});

test('a flood’s garbage waits ten seconds for the collection after another', () => {
  const watch = new GarbageWatch();
  watch.collected(150 * MB, 0);
  const rows = Array.from({ length: 3 }, (): [number, number] => [350, 0]);
  assert.deepEqual(looks(watch, 0, rows), [false, true, true]);
  watch.collected(150 * MB, 15 * SECOND);
  const less = Array.from({ length: 3 }, (): [number, number] => [248, 0]);
  assert.deepEqual(looks(watch, 15 * SECOND, less), [false, false, false]);
});
