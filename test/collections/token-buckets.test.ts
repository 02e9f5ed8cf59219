import assert from 'node:assert/strict';
import { it } from 'node:test';
import { TokenBuckets } from '../../src/collections/token-buckets.js';

function clocked(perSecond: number) {
  const clock = { now: 1000 };
  const buckets = new TokenBuckets({ perSecond, now: () => clock.now });
  /** How many of so many requests are let through. */
  const let_ = (ip: string, wanted: number) =>
    Array.from({ length: wanted }, () => buckets.take(ip)).filter(Boolean).length;
  return { clock, buckets, passes: let_ };
}

it('lets five seconds’ requests pass at once, and then so many a second', () => {
  const { clock, passes } = clocked(10);
  assert.equal(passes('192.0.2.1', 100), 50);
  clock.now += 50;
  assert.equal(passes('192.0.2.1', 100), 0);
  clock.now += 50;
  assert.equal(passes('192.0.2.1', 100), 1);
  clock.now += 2000;
  assert.equal(passes('192.0.2.1', 100), 20);
  clock.now += 3_600_000;
  assert.equal(passes('192.0.2.1', 100), 50);
});

it('asks nobody for what others have done', () => {
  const { passes } = clocked(1);
  assert.equal(passes('192.0.2.1', 9), 5);
  assert.equal(passes('192.0.2.2', 9), 5);
});

it('lets a burst of any size pass', () => {
  const buckets = new TokenBuckets({ perSecond: 1, burst: 2, now: () => 0 });
  assert.deepEqual(
    [1, 2, 3].map(() => buckets.take('a')),
    [true, true, false],
  );
});

it('has no limit at 0', () => {
  const { passes } = clocked(0);
  assert.equal(passes('192.0.2.1', 10_000), 10_000);
});

it('forgets the longest silent sender where there is no room', () => {
  const { buckets, passes } = clocked(1);
  for (const sender of ['silent', 'busy']) assert.equal(passes(sender, 9), 5);
  const others = (from: number, to: number) => {
    for (let i = from; i < to; i += 1) buckets.take(`other ${i}`);
  };
  others(0, 16_000);
  assert.equal(passes('busy', 9), 0);
  others(16_000, 17_000);
  assert.equal(passes('busy', 9), 0, 'who goes on asking is not forgotten');
  assert.equal(passes('silent', 9), 5, 'its bucket was dropped, so it has a full one');
});
