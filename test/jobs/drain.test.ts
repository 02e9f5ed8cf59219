import assert from 'node:assert/strict';
import { test } from 'node:test';
import { rig, stepsOf } from './rig.js';

test('a drain waits for the last client, and the child stays drained', async () => {
  const { clock, fleet, operations } = await rig(2, 3);
  clock.at(4000, () => Object.assign(fleet.of('c001'), { clients: 0 }));
  const job = operations.drain('c001', 10_000);
  clock.at(1100, () =>
    assert.deepEqual(job.status().now, ['c001 drains: 1 stream, 3 clients, 9 s left']),
  );
  const { state, done, total, error } = await clock.drive(job);
  assert.deepEqual([state, done, total, error], ['done', 1, 1, null]);
  assert.deepEqual(stepsOf(job), [
    'c001: drains: 1 stream, 3 clients; waits up to 10 s',
    'c001: is drained: no client is left, and it gets no new streams until undrain',
  ]);
  assert.deepEqual(fleet.shown(), ['c001 draining 1 drained', 'c002 ready 1 3']);
  assert.equal(clock.now(), 4000);
});

test('a drain that does not end says so and leaves the child as it was', async () => {
  const { clock, fleet, operations } = await rig(2, 3);
  const { state, ended, error } = await clock.drive(operations.drain('c001', 10_000));
  assert.deepEqual([state, ended], ['failed', 10_000]);
  assert.equal(
    error,
    'after 10 s c001 still has 1 stream, 3 clients: it takes new streams again, as before; give it longer with --timeout, or close them: restart c001',
  );
  assert.deepEqual(fleet.shown(), ['c001 ready 1 3', 'c002 ready 1 3']);

  fleet.drain('c002');
  const drained = await clock.drive(operations.drain('c002', 0));
  assert.match(drained.error ?? '', /^after 0 s c002 .*: it was drained before and stays so; /);
  assert.equal(fleet.shown()[1], 'c002 draining 1 drained 3');
});

test('a drain that is stopped leaves the child as it was', async () => {
  const { clock, fleet, operations } = await rig(1, 3);
  const job = operations.drain('c001', 10_000);
  clock.at(2000, () => job.stop());
  const { state, ended, error } = await clock.drive(job);
  assert.deepEqual([state, ended], ['stopped', 2000]);
  assert.equal(error, 'drain of c001 stopped: it takes new streams again, as before');
  assert.deepEqual(fleet.shown(), ['c001 ready 1 3']);
});

test('a child that dies while it drains has no clients left', async () => {
  const { clock, fleet, operations } = await rig(1, 3);
  clock.at(1000, () => Object.assign(fleet.of('c001'), { state: 'failed' }));
  assert.equal((await clock.drive(operations.drain('c001', 10_000))).state, 'done');
});
