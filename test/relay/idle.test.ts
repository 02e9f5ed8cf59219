import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { IdleClock, type IdlePlace } from '../../src/relay/idle.js';

function idlerOf(idleMs: number, activeAt: number) {
  return { idleMs, activeAt, idlePlace: null as IdlePlace | null };
}

describe('idle clock', () => {
  it('finds what has been silent for its limit, within a second, once', () => {
    const clock = new IdleClock(500);
    const idler = idlerOf(2000, 700);
    clock.add(idler);
    assert.deepEqual(clock.expired(2699), []);
    assert.deepEqual(clock.expired(3000), [idler]);
    assert.deepEqual(clock.expired(60_000), []);
  });

  it('leaves alone what was active meanwhile', () => {
    const clock = new IdleClock(0);
    const idler = idlerOf(1000, 0);
    clock.add(idler);
    for (let now = 500; now < 10_000; now += 500) {
      assert.deepEqual(clock.expired(now), []);
      idler.activeAt = now;
    }
    assert.deepEqual(clock.expired(12_000), [idler]);
  });

  it('forgets what was removed, and never minds what has no limit', () => {
    const clock = new IdleClock(0);
    const idler = idlerOf(1000, 0);
    clock.add(idler);
    clock.add(idlerOf(0, 0));
    clock.remove(idler);
    assert.deepEqual(clock.expired(1e9), []);
  });

  it('is empty once the time of all that was added has passed', () => {
    const clock = new IdleClock(0);
    assert.ok(clock.isEmpty);
    const idlers = [idlerOf(1000, 0), idlerOf(2000, 0)];
    for (const idler of idlers) clock.add(idler);
    clock.remove(idlers[0]!);
    assert.equal(clock.isEmpty, false);
    clock.expired(2500);
    assert.ok(clock.isEmpty);
  });

  it('catches up after a long sleep', () => {
    const clock = new IdleClock(0);
    const idlers = [1, 2, 3].map((seconds) => idlerOf(1000 * seconds, 0));
    for (const idler of idlers) clock.add(idler);
    assert.deepEqual(clock.expired(100_000), idlers);
    const late = idlerOf(1, 100_000);
    clock.add(late);
    assert.deepEqual(clock.expired(101_000), [late]);
  });
});
