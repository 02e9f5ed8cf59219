import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ChildCalls } from '../../src/api/child-calls.js';
import { PACE, type Pace } from '../../src/api/pace.js';
import { Poller } from '../../src/api/poller.js';
import type { ApiSource } from '../../src/api/types.js';
import { until } from '../helpers/until.js';

const STREAM = JSON.stringify({ pid: '7', streams: [{ id: 'a', video: {} }] });

/** A poller of two children: `c001` has a stream if told so. Counts the requests by path. */
function rig(pace: Partial<Pace>) {
  const asked = new Map<string, number>();
  const state = { hasStream: false };
  const children = ['c001', 'c002'].map((id) => ({ id, generation: 1, ready: true, pid: 7 }));
  const source = {
    children: () => children,
    rules: { metrics: true },
    clientOf: async () => null,
    ownAddress: '127.0.0.1',
  } as unknown as ApiSource;
  const calls = {
    askAll: async ({ id }: { id: string }, paths: readonly string[]) => {
      for (const path of paths) {
        const name = `${id} ${path.replace(/\?.*/, '')}`;
        asked.set(name, (asked.get(name) ?? 0) + 1);
      }
      const isLive = state.hasStream && id === 'c001';
      return paths.map((path) => (isLive && /streams/.test(path) ? STREAM : '{"pid":"7"}'));
    },
  } as unknown as ChildCalls;
  const hour = 3_600_000;
  const calm = { everyMs: hour, idleMs: hour, calmMs: hour, firstMs: 0, ...pace };
  const poller = new Poller(source, calls, { pace: { ...PACE, ...calm } });
  const count = (id: string, path: string) => asked.get(`${id} /api/v1/${path}`) ?? 0;
  return { poller, state, count };
}

test('many who ask cost one round, and only what is asked for', async () => {
  const { poller, count } = rig({});
  await Promise.all(Array.from({ length: 20 }, () => poller.current()));
  assert.deepEqual([count('c001', 'streams/'), count('c002', 'streams/')], [1, 1]);
  await poller.current();
  await poller.current('figures');
  assert.deepEqual([count('c001', 'streams/'), count('c001', 'summaries')], [1, 1]);
});

test('only a child in which something happened is asked again', async () => {
  const { poller, state, count } = rig({ gapMs: 0 });
  await poller.current();
  state.hasStream = true;
  poller.stir('c001');
  await poller.current();
  assert.equal(poller.snapshots().get('c001')?.lists.streams.length, 1);
  assert.deepEqual([count('c001', 'streams/'), count('c002', 'streams/')], [2, 1]);
  assert.equal(count('c001', 'summaries'), 1, 'its lists alone');
});

test('after a pause those are asked that had something to say', async () => {
  const { poller, state, count } = rig({ everyMs: 1, roundsPerSecond: 1e6, settleMs: 0, gapMs: 0 });
  state.hasStream = true;
  await poller.current();
  const began = performance.now();
  await until('a pause', () => performance.now() - began > 5);
  await poller.current();
  assert.deepEqual([count('c001', 'streams/'), count('c002', 'streams/')], [2, 1]);
});

test('figures are those of the last few seconds, of every child', async () => {
  const { poller, count } = rig({ everyMs: 1, roundsPerSecond: 1e6, gapMs: 0 });
  await poller.current('figures');
  const began = performance.now();
  await until('a pause', () => performance.now() - began > 5);
  await poller.current('figures');
  assert.deepEqual([count('c001', 'summaries'), count('c002', 'summaries')], [2, 2]);
});

test('nobody asks: a child that has something is asked seldom, an idle one never', async (t) => {
  const { poller, state, count } = rig({ everyMs: 1, calmMs: 1, watchMs: 0, tickMs: 1 });
  t.after(() => poller.close());
  poller.start();
  state.hasStream = true;
  poller.stir('c001');
  await until('its rounds for the sums', () => count('c001', 'summaries') > 2);
  assert.equal(count('c002', 'streams/'), 0);
});
