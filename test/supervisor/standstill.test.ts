import assert from 'node:assert/strict';
import { test } from 'node:test';
import { LoopClock } from '../../src/clock/loop.js';
import { silentLogger } from '../../src/logging/logger.js';
import { claimsOf, mendAfterStandstill } from '../../src/supervisor/standstill.js';
import { key } from '../helpers/stream-key.js';
import { until } from '../helpers/until.js';

const OWNER = { id: 'c001', generation: 1 };

/** A clock that the test moves. */
async function clock() {
  let now = 0;
  const loop = new LoopClock(() => now);
  await loop.start();
  const pass = (ms: number) => {
    now += ms;
    loop.tick();
  };
  return { loop, pass };
}

test('players of a publisher that was lost in a standstill are closed, others are not', async (t) => {
  const { loop, pass } = await clock();
  t.after(() => loop.close());
  const told: string[] = [];
  const closed: unknown[][] = [];
  const placement = {
    published: async () => true,
    announce: () => {},
    unpublished: (stream: string) => void told.push(stream),
  };
  const listeners = {
    endOf: (...args: unknown[]) => void closed.push([args[0], args[2], args[3]]),
  };
  const claims = claimsOf(placement, { listeners, loop });
  pass(100);
  claims.unpublished(key('v/live/before'), OWNER);
  assert.deepEqual(closed, []);
  pass(20_000);
  claims.unpublished(key('v/live/lost'), OWNER);
  assert.deepEqual(closed, [[OWNER, 'v/live/lost', 'play']]);
  for (let i = 0; i < 100; i++) pass(100);
  claims.unpublished(key('v/live/after'), OWNER);
  assert.equal(closed.length, 1);
  assert.deepEqual(told, ['v/live/before', 'v/live/lost', 'v/live/after']);
});

test('after a standstill children are asked once, and claims renewed until the store hears', async (t) => {
  const { loop, pass } = await clock();
  t.after(() => loop.close());
  let renewals = 0;
  let rechecks = 0;
  mendAfterStandstill({
    loop,
    placement: { renew: async () => void renewals++ },
    recheck: async () => void rechecks++,
    logger: silentLogger,
  });
  pass(1000);
  assert.equal(renewals, 0);
  pass(10_000);
  assert.deepEqual([renewals, rechecks], [1, 1]);
  // The second renewal has a timer that keeps nobody alive.
  const awake = setInterval(() => {}, 100);
  t.after(() => clearInterval(awake));
  await until('the second one', () => renewals === 2);
  assert.equal(rechecks, 1);
});
