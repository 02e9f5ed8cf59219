import assert from 'node:assert/strict';
import { test } from 'node:test';
import { rig, START_MS, STOP_MS, stepsOf } from './rig.js';

const DRAIN = { drainMs: 10_000 };

test('a child is drained, restarted and open again', async () => {
  const { clock, fleet, operations } = await rig(2, 3);
  clock.at(2000, () => Object.assign(fleet.of('c001'), { clients: 0 }));
  const job = operations.restart({ ...DRAIN, ids: ['c001'] });
  assert.equal((await clock.drive(job)).state, 'done');
  assert.deepEqual(stepsOf(job), [
    'c001: drains: 1 stream, 3 clients; waits up to 10 s',
    'c001: is drained',
    'c001: is ready again after 1.5 s, generation 2',
  ]);
  assert.deepEqual(fleet.shown(), ['c001 ready 2', 'c002 ready 1 3']);
});

test('clients that stay are closed when the time is over; a drained child stays drained', async () => {
  const { clock, fleet, operations } = await rig(2, 3);
  fleet.drain('c001');
  const job = operations.restart({ ...DRAIN, ids: ['c001'] });
  assert.equal((await clock.drive(job)).ended, 10_000 + STOP_MS + START_MS);
  assert.equal(stepsOf(job)[1], 'c001: closes 1 stream, 3 clients: the time is over');
  assert.equal(fleet.shown()[0], 'c001 draining 2 drained');
});

test('the only child that takes new streams is not drained first', async () => {
  const { clock, operations } = await rig(1, 3);
  const job = operations.restart({ ...DRAIN, ids: ['c001'] });
  assert.equal((await clock.drive(job)).ended, STOP_MS + START_MS);
  assert.equal(
    stepsOf(job)[0],
    'c001: closes 1 stream, 3 clients at once: no other child takes new streams meanwhile',
  );
});

test('children are restarted so many at a time, and one at least stays open', async () => {
  for (const [count, parallel, most] of [
    [6, 1, 1],
    [6, 2, 2],
    [6, 6, 5],
    [3, 9, 2],
    [1, 4, 1],
  ] as const) {
    const { clock, fleet, operations } = await rig(count, 1);
    const job = operations.restart({ ...DRAIN, ids: operations.idsFrom(), parallel });
    const { state, done, total, what } = await clock.drive(job);
    const all = count === 1 ? 'restart c001' : 'restart --all';
    assert.deepEqual([state, done, total, what], ['done', count, count, all]);
    assert.ok(fleet.list.every(({ generation }) => generation === 2));
    assert.equal(fleet.mostClosed, most, `${parallel} of ${count}`);
    if (count > 1) assert.ok(fleet.fewestOpen >= 1);
  }
});

test('children whose turn is to come are known, until the job is over', async () => {
  const { clock, jobs, operations } = await rig(3, 1);
  const ids = operations.idsFrom();
  const job = operations.restart({ drainMs: 1000, ids });
  const leaving: string[][] = [];
  for (const ms of [500, 3000, 5500]) {
    clock.at(ms, () => leaving.push(ids.filter((id) => jobs.isLeaving(id))));
  }
  await clock.drive(job);
  assert.deepEqual(leaving, [ids, ids.slice(1), ids.slice(2)]);
  assert.equal(jobs.isLeaving('c003'), false);
});

test('the first that does not get ready ends it, the others are as they were', async () => {
  const { clock, fleet, operations } = await rig(5);
  fleet.failing.add('c002');
  const job = operations.restart({ ...DRAIN, ids: operations.idsFrom(), parallel: 2 });
  const { state, done, error } = await clock.drive(job);
  assert.deepEqual([state, done], ['failed', 1]);
  assert.equal(
    error,
    'c002 did not get ready after 1 s (failed): exit code 1: no luck; it is started again and again; 1 of 5 restarted; go on with: restart --all --from c002',
  );
  const others = ['c003 ready 1', 'c004 ready 1', 'c005 ready 1'];
  assert.deepEqual(fleet.shown(), ['c001 ready 2', 'c002 failed 2', ...others]);
  assert.deepEqual(operations.idsFrom('c002'), ['c002', 'c003', 'c004', 'c005']);
});

test('a start that hangs is given up after two minutes', async () => {
  const { clock, fleet, operations } = await rig(2);
  fleet.hangingStarts.add('c001');
  const { error, ended } = await clock.drive(operations.restart({ ...DRAIN, ids: ['c001'] }));
  assert.match(error ?? '', /^c001 did not get ready after 120 s \(starting\): it neither starts/);
  assert.match(error ?? '', /go on with: restart c001$/);
  assert.equal(ended, 120_000);
});

test('a process that does not end although killed is given up after half a minute', async () => {
  const { clock, fleet, operations } = await rig(2);
  fleet.hanging.add('c001');
  const job = operations.restart({ ...DRAIN, ids: operations.idsFrom() });
  const { error, ended } = await clock.drive(job);
  assert.equal(
    error,
    'c001: its process did not end after 30 s, though killed; its clients are closed, and it starts as soon as that ends; 0 of 2 restarted; go on with: restart --all --from c001',
  );
  assert.equal(ended, 30_000);
  assert.equal(fleet.shown()[1], 'c002 ready 1');
});

test('no child is touched if SRS would refuse to start again', async () => {
  const { clock, fleet, operations } = await rig(2, 3);
  fleet.refusal = 'srs.template: line 3: illegal vhost.frob';
  const { error } = await clock.drive(operations.restart({ ...DRAIN, ids: ['c001', 'c002'] }));
  assert.equal(
    error,
    'no child is restarted, for it would not start: srs.template: line 3: illegal vhost.frob',
  );
  assert.deepEqual(fleet.shown(), ['c001 ready 1 3', 'c002 ready 1 3']);
});

test('one that is stopped finishes what it cannot undo, and says how to go on', async () => {
  const { clock, fleet, operations } = await rig(4, 1);
  const job = operations.restart({ drainMs: 1000, ids: operations.idsFrom(), parallel: 2 });
  clock.at(1200, () => job.stop());
  const { state, error } = await clock.drive(job);
  assert.equal(state, 'stopped');
  assert.equal(error, 'stopped; 2 of 4 restarted; go on with: restart --all --from c003');
  assert.deepEqual(fleet.shown(), [
    'c001 ready 2',
    'c002 ready 2',
    'c003 ready 1 1',
    'c004 ready 1 1',
  ]);

  const other = operations.restart({ ...DRAIN, ids: ['c003'] });
  clock.at(clock.now() + 100, () => other.stop());
  assert.equal((await clock.drive(other)).state, 'stopped');
  assert.equal(fleet.shown()[2], 'c003 ready 1 1');
});
