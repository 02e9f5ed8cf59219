import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { choose } from '../../src/placement/policy.js';
import type { Candidate } from '../../src/placement/types.js';
import { candidate } from './helpers.js';

function chosen(...candidates: Partial<Candidate>[]): string | undefined {
  const named = candidates.map((part, i) => candidate({ id: `c${i + 1}`, ...part }));
  return choose(named, 0)?.id;
}

test('takes open children only, and none that is full', () => {
  assert.equal(choose([], 0), null);
  assert.equal(chosen({ open: false }, {}), 'c2');
  assert.equal(chosen({ connections: 100, maxConnections: 100 }, { cpu: 70 }), 'c2');
  assert.equal(chosen({ open: false }, { connections: 100, maxConnections: 100 }), undefined);
});

test('the least loaded wins, by whatever is scarcest', () => {
  assert.equal(chosen({ cpu: 70 }, { cpu: 30 }), 'c2');
  assert.equal(chosen({ connections: 700 }, { connections: 100, streams: 5 }), 'c2');
  assert.equal(chosen({ bitrate: 9e8 }, { bitrate: 1e8, streams: 5 }), 'c2');
});

test('noise in a measurement decides nothing', () => {
  assert.equal(chosen({ cpu: 3.1, streams: 1 }, { cpu: 11, streams: 0 }), 'c2');
  assert.equal(chosen({ cpu: 3.1, streams: 1, connections: 3 }, { cpu: 11, streams: 1 }), 'c2');
});

test('a hot child is taken only where all are hot', () => {
  assert.equal(chosen({ cpu: 81 }, { connections: 950 }), 'c2');
  assert.equal(chosen({ cpu: 95, streams: 2 }, { cpu: 90, streams: 1 }), 'c2');
});

test('equals take turns', () => {
  const all = ['c1', 'c2', 'c3'].map((id) => candidate({ id }));
  const turns = [0, 1, 2, 3].map((tie) => choose(all, tie)?.id);
  assert.deepEqual(turns, ['c1', 'c2', 'c3', 'c1']);
});

test('always answers an open child with room, if there is one', () => {
  const any = fc.record({
    open: fc.boolean(),
    cpu: fc.double({ min: 0, max: 400, noNaN: true }),
    connections: fc.nat(20),
    maxConnections: fc.integer({ min: 1, max: 20 }),
    streams: fc.nat(5),
    bitrate: fc.nat(2_000_000_000),
  });
  fc.assert(
    fc.property(fc.array(any), fc.nat(), (parts, tie) => {
      const all = parts.map((part, i) => candidate({ id: `c${i}`, ...part }));
      const free = all.filter((c) => c.open && c.connections < c.maxConnections);
      const choice = choose(all, tie);
      if (free.length === 0) assert.equal(choice, null);
      else assert.ok(choice !== null && free.includes(choice));
    }),
  );
});
