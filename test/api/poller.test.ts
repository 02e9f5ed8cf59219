import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ChildCalls } from '../../src/api/child-calls.js';
import { PACE } from '../../src/api/pace.js';
import { Poller } from '../../src/api/poller.js';
import type { ApiSource } from '../../src/api/types.js';
import { until } from '../helpers/until.js';

test('what a busy child said last stands, a hung one is left out', async (t) => {
  let isBusy = true;
  let isSilent = false;
  let unanswered = 0;
  const child = { id: 'c001', generation: 1, ready: true, pid: 7, port: 1985 };
  const source = {
    children: () => [{ ...child, busy: isBusy }],
    rules: { metrics: false },
    clientOf: async () => null,
    ownAddress: '127.0.0.1',
  } as unknown as ApiSource;
  const calls = {
    askAll: async (_: unknown, paths: readonly string[]) => {
      if (!isSilent) return paths.map(() => '{"code":0,"pid":"7"}');
      unanswered += 1;
      throw new Error('silent for too long');
    },
  } as unknown as ChildCalls;
  const pace = { ...PACE, everyMs: 1, idleMs: 1, watchMs: 60_000, firstMs: 1, retryMs: 1 };
  const poller = new Poller(source, calls, { pace });
  t.after(() => poller.close());
  poller.start();
  await poller.current();
  await until('a snapshot', () => poller.snapshots().has('c001'));
  isSilent = true;
  await until('many failures', () => unanswered > 8);
  assert.ok(poller.snapshots().has('c001'));
  isBusy = false;
  await until('nothing is shown', () => !poller.snapshots().has('c001'));
});
