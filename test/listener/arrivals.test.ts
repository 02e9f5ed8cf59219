import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Arrivals } from '../../src/listener/arrivals.js';
import { SharedCounts } from '../../src/listener/shared-counts.js';

const MS = 1_000_000n;
const counts = SharedCounts.make(1);
const [HERE, THERE] = [counts.placeOf('192.0.2.1'), counts.placeOf('192.0.2.2')];

/** Arrivals by a clock that the test moves, on two threads. */
function rig(perSecond: number) {
  const clock = { now: 1_000_000n * MS };
  const arrivals = new Arrivals(undefined, () => clock.now);
  const other = new Arrivals(arrivals.memory, () => clock.now);
  arrivals.perSecond = perSecond;
  const pass = (ms: number) => {
    clock.now += BigInt(ms) * MS;
  };
  return { arrivals, other, pass };
}

/** How many are let in, of a hundred that come at once. */
function letIn(arrivals: Arrivals, place = HERE): number {
  return Array.from({ length: 100 }, () => arrivals.take(place)).filter(Boolean).length;
}

describe('arrivals of an address', () => {
  it('are five seconds’ worth at once, and then as many as the rate', () => {
    const { arrivals, pass } = rig(4);
    assert.equal(letIn(arrivals), 20);
    pass(249);
    assert.equal(letIn(arrivals), 0);
    pass(1);
    assert.equal(letIn(arrivals), 1);
    pass(2500);
    assert.equal(letIn(arrivals), 10);
    pass(3_600_000);
    assert.equal(letIn(arrivals), 20);
  });

  it('are counted on all threads together, and for each address alone', () => {
    const { arrivals, other } = rig(2);
    for (let at = 0; at < 5; at += 1) assert.ok(arrivals.take(HERE) && other.take(HERE));
    assert.deepEqual([letIn(arrivals), letIn(other)], [0, 0]);
    assert.equal(letIn(other, THERE), 10);
  });

  it('go by another rate on all threads from the moment that it is set', () => {
    const { arrivals, other, pass } = rig(0);
    assert.equal(letIn(other), 100);
    arrivals.perSecond = 1;
    assert.equal(other.perSecond, 1);
    assert.equal(letIn(other), 5);
    arrivals.perSecond = 10;
    pass(1000);
    assert.equal(letIn(other), 10);
    arrivals.perSecond = 0;
    assert.equal(letIn(arrivals), 100);
  });

  it('hardly hold for an address because of thousands of others', () => {
    const { arrivals } = rig(1);
    for (let n = 0; n < 10_000; n += 1) {
      letIn(arrivals, counts.placeOf(`10.${n >> 8}.${n & 255}.9`));
    }
    const strangers = Array.from({ length: 100 }, (_, n) => counts.placeOf(`198.51.100.${n}`));
    const free = strangers.filter((place) => letIn(arrivals, place) === 5).length;
    // Each shares both counters with others with a chance of one in 180.
    assert.ok(free >= 90, `${free}`);
  });
});
