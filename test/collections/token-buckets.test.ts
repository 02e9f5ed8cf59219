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
  const { buckets, passes } = clocked(0);
  assert.equal(passes('192.0.2.1', 10_000), 10_000);
  assert.equal(buckets.size, 0);
});

it('forgets who has rested, and the longest silent one where there is no room', () => {
  const { clock, buckets, passes } = clocked(1);
  assert.equal(passes('192.0.2.1', 9), 5);
  for (let i = 0; i < 50_000; i += 1) {
    buckets.take(`10.${i >> 16}.${(i >> 8) & 255}.${i & 255}`);
    assert.ok(buckets.size <= 16_384);
    if (i % 1000 === 0) buckets.take('192.0.2.1');
  }
  assert.equal(passes('192.0.2.1', 9), 0, 'who goes on asking is not forgotten');
  clock.now += 6000;
  buckets.take('192.0.2.9');
  assert.equal(buckets.size, 1);
});
