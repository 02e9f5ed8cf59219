import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { adminAsk } from '../../src/admin/client.js';
import { jobRoutes } from '../../src/admin/job-routes.js';
import { type KickOrder, kickRoute } from '../../src/admin/kick-route.js';
import { AdminServer } from '../../src/admin/server.js';
import type { JobReport, JobStatus } from '../../src/jobs/job.js';
import { rig } from '../jobs/rig.js';
import { CHILDREN, source } from './fixtures.js';

const { clock, fleet, jobs, operations } = await rig(2, 3);
const kicks: KickOrder[] = [];
const children = {
  drain: (id: string) => fleet.drain(id) === undefined,
  undrain: (id: string) => fleet.undrain(id) === undefined,
  rows: () => CHILDREN,
};
const kick = async (order: KickOrder) => {
  kicks.push(order);
  return { connections: [], sessions: order.ip === undefined ? 1 : 0 };
};
const server = new AdminServer({
  address: { host: '127.0.0.1', port: 0 },
  source: source(),
  plugins: [jobRoutes({ jobs, operations, children }), kickRoute(kick)],
});
before(() => server.start());
after(() => server.close());

async function ask(method: string, path: string, body?: string) {
  const url = `http://127.0.0.1:${server.address().port}/admin/v1/${path}`;
  const answer = await fetch(url, { method, body: body ?? null });
  return [answer.status, (await answer.json()) as { error?: string } & JobReport] as const;
}

test('an order is a job that can be looked at and ended', async () => {
  const [status, { id, what, state }] = await ask('POST', 'children/c001/restart');
  assert.deepEqual([status, what, state], [202, 'restart c001', 'running']);
  for (const [path, body] of [
    ['restart', undefined],
    ['scale', '{"count":4}'],
    ['children/c001/drain', undefined],
    ['children/c001/undrain', undefined],
    ['children/c002/drain', '{"wait":true}'],
  ] as const) {
    const [code, { error }] = await ask('POST', path, body);
    assert.equal(code, 409);
    assert.match(error ?? '', /^another job is at work: restart c001, since/);
  }
  assert.equal((await ask('POST', 'children/c002/drain'))[0], 200);
  assert.equal((await ask('POST', 'children/c002/undrain'))[0], 200);
  assert.equal((await ask('GET', `jobs/${id}`))[1].steps.length, 1);
  assert.equal((await ask('GET', `jobs/${id}?from=1`))[1].steps.length, 0);
  assert.equal((await ask('DELETE', `jobs/${id}`))[0], 200);
  await jobs.find(id)?.over;
  const [, list] = (await ask('GET', 'jobs')) as unknown as [number, JobStatus[]];
  assert.deepEqual(
    list.map((job) => [job.id, job.state]),
    [[id, 'stopped']],
  );
});

test('undrain ends a job that waits for the drain', async () => {
  const [, { id }] = await ask('POST', 'children/c001/drain', '{"wait":true,"timeout":60}');
  assert.equal((await ask('POST', 'children/c001/undrain'))[0], 200);
  const job = jobs.find(id);
  assert.equal((job && (await clock.drive(job)))?.state, 'stopped');
  assert.equal(fleet.shown()[0], 'c001 ready 1 3');
});

test('orders that cannot be meant are one line', async () => {
  const refusals: [string, string | undefined, number, string][] = [
    [
      'children/c009/drain',
      undefined,
      404,
      'no child of ours is called c009: GET /admin/v1/children lists them',
    ],
    [
      'children/c009/restart',
      undefined,
      404,
      'no child of ours is called c009: GET /admin/v1/children lists them',
    ],
    ['scale', undefined, 400, 'count: is missing'],
    ['scale', '{"count":0}', 400, 'count: must be a whole number 1-1000, got 0'],
    ['scale', '[1]', 400, 'the body must be a JSON object'],
    ['scale', '{', 400, 'the body must be a JSON object'],
    ['restart', '{"paralel":2}', 400, 'paralel: unknown key; there are timeout, parallel, from'],
    ['restart', '{"timeout":-1}', 400, 'timeout: must be a whole number 0-86400, got -1'],
    ['restart', '{"from":"x"}', 400, 'from: must be a child\'s id, such as c003, got "x"'],
    ['children/c001/drain', '{"wait":1}', 400, 'wait: must be true or false, got 1'],
    ['kick', '{}', 400, 'kick: name one of client, stream and ip'],
    ['kick', '{"ip":"::1","client":"x"}', 400, 'kick: name one of client, stream and ip'],
    ['kick', '{"ip":"192.0.2.1"}', 404, 'kick: nobody is there by that name: 192.0.2.1'],
  ];
  for (const [path, body, status, error] of refusals) {
    assert.deepEqual(await ask('POST', path, body), [status, { error }], path);
  }
  assert.equal((await ask('GET', 'jobs/77'))[0], 404);
  assert.deepEqual(jobs.current, null);
});

test('a client asks with JSON, and has codes for refusals', async () => {
  const port = { address: { host: '127.0.0.1', port: server.address().port }, token: null };
  const post = (path: string, body: object) =>
    adminAsk(port, { method: 'POST', path: `/admin/v1/${path}`, body });
  assert.deepEqual(await post('kick', { stream: 'live/x' }), { connections: [], sessions: 1 });
  assert.equal(kicks.at(-1)?.stream, 'live/x');
  await assert.rejects(post('scale', { count: 'x' }), { code: 'ERR_USAGE', exitCode: 2 });
  const job = operations.drain('c001', 1000);
  await assert.rejects(post('scale', { count: 3 }), { code: 'ERR_BUSY', exitCode: 1 });
  job.stop();
  await clock.drive(job);
});
