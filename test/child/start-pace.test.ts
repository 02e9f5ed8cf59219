import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type MachineSigns, nextWidth } from '../../src/child/start-pace.js';

const LIMITS = { least: 2, most: 16 };
const CALM: MachineSigns = { waiting: 0.1, runnable: 1, lateMs: 0 };

for (const [what, width, signs, expected] of [
  ['grows by one on a calm machine', 3, CALM, 4],
  ['grows by a quarter where it is wide', 12, CALM, 15],
  ['has a most', 15, CALM, 16],
  ['is halved where work waits for a CPU', 9, { ...CALM, waiting: 0.95 }, 4],
  ['has a least', 3, { ...CALM, waiting: 1 }, 2],
  ['stays between calm and busy', 5, { ...CALM, waiting: 0.75 }, 5],
  ['goes by pressure where it is known', 5, { ...CALM, runnable: 20 }, 6],
  ['goes by runnable threads elsewhere', 8, { ...CALM, waiting: null, runnable: 3 }, 4],
  ['grows by these, too', 8, { ...CALM, waiting: null }, 10],
  ['stays by these, too', 8, { ...CALM, waiting: null, runnable: 2 }, 8],
  ['is halved where our own loop is late', 8, { ...CALM, lateMs: 150 }, 4],
  ['stays where our own loop is a little late', 8, { ...CALM, lateMs: 100 }, 8],
] as const) {
  test(`the width of a start ${what}`, () => {
    assert.equal(nextWidth(width, signs, LIMITS), expected);
  });
}
