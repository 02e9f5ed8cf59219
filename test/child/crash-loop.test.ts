import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CRASH_WINDOW_MS, CrashLoop } from '../../src/child/crash-loop.js';

/** Seconds of the crashes, most of them allowed, and the second of the loop. */
const TABLE: [string, number[], number, number | null][] = [
  ['too few', [0, 1], 3, null],
  ['as many as are a loop', [0, 1, 7], 3, 7],
  ['over a long time', [0, 300, 601, 902], 3, null],
  ['within the window at last', [0, 500, 700, 800], 3, 800],
  ['just within it', [0, 1, 600], 3, 600],
  ['just outside of it', [0, 1, 601], 3, null],
  ['one is a loop if the user says so', [0], 1, 0],
  ['never', [0, 0, 0, 0], 0, null],
];

test('so many crashes within ten minutes are a loop', () => {
  assert.equal(CRASH_WINDOW_MS, 600_000);
  for (const [name, times, most, at] of TABLE) {
    const loop = new CrashLoop(() => most);
    const found = times.find((seconds) => loop.note(seconds * 1000, 'exit code 3') !== null);
    assert.equal(found ?? null, at, name);
  }
});

test('it says how many, within how long, and the last reason', () => {
  const loop = new CrashLoop(() => 2);
  assert.equal(loop.note(1000, 'killed by SIGSEGV'), null);
  const text = 'it crashed 2 times within 4 s (children.maxCrashes), last: exit code 3';
  assert.equal(loop.note(5000, 'exit code 3'), text);
  loop.clear();
  assert.equal(loop.note(6000, 'exit code 3'), null);
});
