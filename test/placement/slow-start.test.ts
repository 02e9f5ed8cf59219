import assert from 'node:assert/strict';
import { test } from 'node:test';
import { choose } from '../../src/placement/policy.js';
import { slowed, warmthOf } from '../../src/placement/slow-start.js';
import { candidate } from './helpers.js';

test('warmth grows with the time since a restart', () => {
  for (const [seconds, generation, limit, warmth] of [
    [0, 1, 30, 1],
    [0, 2, 30, 0],
    [15, 2, 30, 0.5],
    [30, 2, 30, 1],
    [0, 2, 0, 1],
    [-5, 2, 30, 0],
  ] as const) {
    assert.equal(warmthOf(seconds, generation, limit), warmth);
  }
});

test('a child counts as loaded as the others are, less and less', () => {
  const others = [candidate({ cpu: 20, streams: 8 }), candidate({ cpu: 40, streams: 12 })];
  const loads = [0, 0.5, 0.75, 1].map((warmth) => {
    const fresh = slowed([...others, candidate({ warmth, streams: 1 })]).at(-1);
    return [fresh?.cpu, fresh?.streams];
  });
  assert.deepEqual(loads, [
    [30, 10],
    [15, 5],
    [7, 2],
    [0, 1],
  ]);
});

test('what a child really has counts, and nobody waits for the last ones', () => {
  const busy = slowed([candidate({ streams: 2 }), candidate({ streams: 9, warmth: 0 })]);
  assert.equal(busy[1]?.streams, 9);
  const all = [candidate({ warmth: 0, streams: 3 }), candidate({ warmth: 0.5 })];
  assert.deepEqual(slowed(all), all);
});

test('of the next streams a restarted child gets its share, not all', () => {
  const fleet = [4, 4, 4, 0].map((streams, i) => ({
    ...candidate({ id: `c${i + 1}`, streams, warmth: i === 3 ? 0 : 1 }),
  }));
  for (let tie = 0; tie < 8; tie++) {
    const choice = fleet.find(({ id }) => id === choose(fleet, tie)?.id);
    assert.ok(choice);
    choice.streams += 1;
  }
  const given = fleet.map(({ streams }, i) => streams - (i === 3 ? 0 : 4));
  assert.ok(Math.max(...given) <= 4, `${given}`);
  assert.ok((given[3] ?? 0) >= 1, `${given}`);
});
