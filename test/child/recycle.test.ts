import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  conditionIn,
  nextDue,
  type Recyclable,
  type RecycleLimits,
  secondsSince,
  whyDue,
} from '../../src/child/recycle.js';
import type { ChildStatus } from '../../src/child/types.js';
import { CHILDREN } from '../admin/fixtures.js';

const HOUR = 3600;
const OFF: RecycleLimits = { memory: null, age: null, at: null };
const NIGHT = { at: 4 * 60 + 30 };
/** A child that has run for two days. */
const CHILD: Recyclable = {
  id: 'c001',
  condition: 'well',
  rss: 50e6,
  looksOver: 0,
  ageSeconds: 48 * HOUR,
  recycledSeconds: null,
  clients: 3,
};

function at(time: string): Date {
  return new Date(`2026-11-30T${time}`);
}

/** The child, the limits, the time of day, and the reason. */
const TABLE: [string, Partial<Recyclable>, Partial<RecycleLimits>, string, RegExp | null][] = [
  ['nothing is configured', { looksOver: 99 }, {}, '04:30:00', null],
  ['memory below its limit', {}, { memory: 60e6 }, '12:00:00', null],
  ['memory above for a moment', { looksOver: 4 }, { memory: 40e6 }, '12:00:00', null],
  ['memory above', { looksOver: 5 }, { memory: 40e6 }, '12:00:00', /is 50 MB, above .*\(40 MB\)$/],
  ['again so soon', { looksOver: 5, recycledSeconds: 599 }, { memory: 40e6 }, '12:00:00', null],
  [
    'again',
    { looksOver: 5, recycledSeconds: 600 },
    { memory: 40e6 },
    '12:00:00',
    /MB\), soon .*raise/,
  ],
  ['much later', { looksOver: 5, recycledSeconds: 1200 }, { memory: 40e6 }, '12:00:00', /MB\)$/],
  ['younger than its age', {}, { age: 48 * HOUR + 1 }, '12:00:00', null],
  ['as old as its age', {}, { age: 48 * HOUR }, '12:00:00', /run for 2880 minutes/],
  ['before its time', {}, NIGHT, '04:29:59', null],
  ['at its time', {}, NIGHT, '04:30:00', /the time of day/],
  ['late in its night', {}, NIGHT, '08:30:00', /the time of day/],
  ['after its night', {}, NIGHT, '08:30:01', null],
  ['begun after its time', { ageSeconds: 1799 }, NIGHT, '05:00:00', null],
  ['begun before its time', { ageSeconds: 1800 }, NIGHT, '05:00:00', /the time of day/],
  ['a night over midnight', {}, { at: 23 * 60 }, '01:00:00', /the time of day/],
];

test('a child is due for its memory, its age, or at a time of night', () => {
  for (const [name, child, limits, time, reason] of TABLE) {
    const why = whyDue({ ...CHILD, ...child }, { ...OFF, ...limits }, at(time));
    if (reason === null) assert.equal(why, null, name);
    else assert.match(why ?? 'none', reason, name);
  }
});

test('the time since a time of day', () => {
  assert.equal(secondsSince(270, at('04:30:10')), 10);
  assert.equal(secondsSince(270, at('04:29:50')), 24 * HOUR - 10);
});

function turn(...parts: Partial<Recyclable>[]): string | null {
  const children = parts.map((part, i) => ({ ...CHILD, id: `c${i + 1}`, ...part }));
  return nextDue(children, { ...OFF, age: HOUR }, at('12:00:00'))?.id ?? null;
}

test('the idle come first, then the oldest', () => {
  assert.equal(turn({ clients: 3 }, { clients: 0 }, { clients: 1 }), 'c2');
  assert.equal(turn({ ageSeconds: 2 * HOUR }, { ageSeconds: 3 * HOUR }), 'c2');
  assert.equal(turn({ ageSeconds: 60 }, { ageSeconds: HOUR, clients: 9 }), 'c2');
  assert.equal(turn({ ageSeconds: 60 }), null);
});

test('one at a time, and another one serves meanwhile', () => {
  assert.equal(turn({}, { condition: 'returning' }, {}), null);
  assert.equal(turn({}, { condition: 'away' }, {}), 'c1');
  assert.equal(turn({}, { condition: 'away' }), null);
  assert.equal(turn({ condition: 'away' }, { ageSeconds: 9 }, {}), 'c3');
  assert.equal(turn({}), 'c1');
});

test('only a child that is ready and answers is well', () => {
  const [row] = CHILDREN;
  assert.ok(row);
  const table: [Partial<ChildStatus>, string][] = [
    [{}, 'well'],
    [{ answering: false }, 'returning'],
    [{ ejected: true }, 'away'],
    [{ state: 'starting' }, 'returning'],
    [{ state: 'failed' }, 'returning'],
    [{ state: 'stopping' }, 'returning'],
    [{ state: 'draining' }, 'away'],
    [{ state: 'broken' }, 'away'],
  ];
  for (const [part, condition] of table) {
    assert.equal(conditionIn({ ...row, ...part }), condition, JSON.stringify(part));
  }
});
