import assert from 'node:assert/strict';
import { test } from 'node:test';
import { rig, stepsOf } from './rig.js';

test('a box grows by children that are ready, and tells what the plan says', async () => {
  const { clock, fleet, operations } = await rig(2, 1);
  const job = operations.scale(4, 0);
  const { state, done, total } = await clock.drive(job);
  assert.deepEqual([state, done, total], ['done', 2, 2]);
  assert.deepEqual(stepsOf(job), [
    'some share a CPU',
    'c003: is ready after 1 s',
    'c004: is ready after 1 s',
  ]);
  assert.deepEqual(fleet.shown(), [
    'c001 ready 1 1',
    'c002 ready 1 1',
    'c003 ready 1',
    'c004 ready 1',
  ]);
});

test('without room, or if one does not get ready, the box is as it was', async () => {
  const { clock, fleet, operations } = await rig(2, 1);
  const before = fleet.shown();
  fleet.room = 4;
  const full = await clock.drive(operations.scale(5, 0));
  assert.equal(full.error, 'no room: there are no ports; the box is as it was, with 2 children');
  assert.deepEqual(fleet.shown(), before);

  fleet.failing.add('c004');
  const failed = await clock.drive(operations.scale(4, 0));
  assert.equal(failed.state, 'failed');
  assert.equal(
    failed.error,
    'c004 did not get ready after 0.5 s: exit code 1: no luck; the box is as it was, with 2 children',
  );
  assert.deepEqual(fleet.shown(), before);
});

test('a box shrinks by its last children, drained first', async () => {
  const { clock, fleet, operations } = await rig(4, 2);
  clock.at(3000, () => Object.assign(fleet.of('c004'), { clients: 0, streams: 0 }));
  const job = operations.scale(2, 10_000);
  assert.equal((await clock.drive(job)).state, 'done');
  assert.deepEqual(stepsOf(job), [
    'c003: drains: 1 stream, 2 clients; waits up to 10 s',
    'c004: drains: 1 stream, 2 clients; waits up to 10 s',
    'c003: closes 1 stream, 2 clients: the time is over',
    'c003: is gone',
    'c004: is gone',
  ]);
  assert.deepEqual(fleet.shown(), ['c001 ready 1 2', 'c002 ready 1 2']);
});

test('a shrink that is stopped, or would leave no open child, leaves all as it was', async () => {
  const { clock, fleet, operations } = await rig(3, 2);
  const before = fleet.shown();
  const job = operations.scale(1, 10_000);
  clock.at(500, () => job.stop());
  const { state, error } = await clock.drive(job);
  assert.deepEqual([state, error], ['stopped', 'stopped; the box is as it was, with 3 children']);
  assert.deepEqual(fleet.shown(), before);

  fleet.drain('c001');
  const refused = await clock.drive(operations.scale(1, 10_000));
  assert.match(refused.error ?? '', /^none of the children that would stay takes new streams; /);
  fleet.undrain('c001');
  assert.deepEqual(fleet.shown(), before);
});

test('children that cannot be ended are said', async () => {
  const { clock, fleet, operations } = await rig(3);
  fleet.hanging.add('c003');
  const { state, error } = await clock.drive(operations.scale(2, 0));
  assert.deepEqual([state, clock.now()], ['failed', 30_000]);
  assert.equal(error, 'c003: not ended after 30 s, though killed; see their processes');
});

test('a box that has the number already says so', async () => {
  const { clock, operations } = await rig(2);
  const job = operations.scale(2, 0);
  assert.equal((await clock.drive(job)).state, 'done');
  assert.deepEqual(stepsOf(job), ['there are 2 children already']);
});
