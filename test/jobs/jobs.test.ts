import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Jobs } from '../../src/jobs/jobs.js';
import { recordLog } from '../helpers/log-lines.js';
import { FakeClock, rig } from './rig.js';

test('a second order is told who is at work', async () => {
  const { clock, jobs, operations } = await rig(4, 1);
  const job = operations.restart({ ids: ['c001', 'c002'], drainMs: 1000 });
  assert.throws(() => operations.scale(8, 0), {
    code: 'ERR_BUSY',
    message:
      'another job is at work: restart --all, since 00:00:00 UTC, 0 of 2 done; wait for it, or end it: srs-supervisor job --stop',
  });
  assert.throws(() => jobs.demandFree('c002'), { code: 'ERR_BUSY' });
  jobs.demandFree('c003');
  await clock.drive(job);
  jobs.demandFree();
  await clock.drive(operations.restart({ ids: ['c003'], drainMs: 0 }));
  assert.deepEqual(
    jobs.list().map(({ id, what, state }) => [id, what, state]),
    [
      [2, 'restart c003', 'done'],
      [1, 'restart --all', 'done'],
    ],
  );
});

test('an order names children that are there', async () => {
  const { operations } = await rig(2);
  const unknown = {
    code: 'ERR_USAGE',
    message: 'no child of ours is called c009: GET /admin/v1/children lists them',
  };
  assert.throws(() => operations.drain('c009', 0), unknown);
  assert.throws(() => operations.restart({ ids: ['c001', 'c009'], drainMs: 0 }), unknown);
  assert.throws(() => operations.idsFrom('c009'), unknown);
  const empty = await rig(0);
  assert.throws(() => empty.operations.idsFrom(), { code: 'ERR_USAGE' });
  assert.throws(() => empty.operations.scale(2, 0), { code: 'ERR_USAGE' });
});

test('jobs begin only while the box serves, and end with it', async () => {
  const clock = new FakeClock();
  const jobs = new Jobs({ clock });
  const plan = { what: 'x', children: [], work: () => clock.sleep(1000) };
  assert.throws(() => jobs.begin(plan), { code: 'ERR_BUSY' });
  await jobs.start();
  const job = jobs.begin({ ...plan, work: ({ signal }) => clock.sleep(1000, signal) });
  await jobs.close();
  await job.over;
  assert.equal(clock.now(), 0);
  assert.throws(() => jobs.begin(plan), { code: 'ERR_BUSY' });
});

test('the last jobs are remembered, and steps can be asked for from one on', async () => {
  const clock = new FakeClock();
  const jobs = new Jobs({ clock });
  await jobs.start();
  const work = async (job: { step(text: string, child?: string): void }) => {
    job.step('one');
    job.step('two', 'c001');
  };
  for (let i = 0; i < 20; i++) await jobs.begin({ what: `job ${i}`, children: [], work }).over;
  assert.equal(jobs.list().length, 16);
  assert.equal(jobs.find(4), null);
  const { from, steps } = jobs.find(20)!.report(1);
  assert.deepEqual([from, steps], [1, [{ at: 0, child: 'c001', text: 'two' }]]);
});

test('an error that nobody foresaw ends the job and is logged', async () => {
  const log = recordLog();
  const jobs = new Jobs({ clock: new FakeClock(), logger: log.logger });
  await jobs.start();
  const work = () => Promise.reject(new TypeError('x is undefined'));
  const { state, error } = await jobs.begin({ what: 'x', children: [], work }).over;
  assert.deepEqual([state, error], ['failed', 'x is undefined']);
  assert.ok(log.lines.some(({ msg }) => msg === 'a job broke off'));
});
