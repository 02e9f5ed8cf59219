import assert from 'node:assert/strict';
import { after, before, beforeEach, test } from 'node:test';
import { AdminServer } from '../../src/admin/server.js';
import { originRoutes } from '../../src/supervisor/origins.js';
import { Origins } from '../../src/unmanaged/origins.js';
import { source } from '../admin/fixtures.js';

const TOKEN = 'correct-horse-battery';
const BEAT = { ip: '192.0.2.2', server: 'v1', service: 's1', pid: '7', rtmp: ['1935'] };

let origins: Origins;
let open: AdminServer;
let guarded: AdminServer;
let trusting: AdminServer;

const serve = async (host: string, token: string | null, from: string[]) => {
  const { plugin, isFree } = originRoutes(origins, { from });
  const address = { host, port: 0 };
  const server = new AdminServer({ address, token, isFree, plugins: [plugin], source: source() });
  await server.start();
  return server;
};

before(async () => {
  origins = new Origins({ ttlMs: 30_000, reach: async () => {} });
  open = await serve('127.0.0.1', null, []);
  guarded = await serve('0.0.0.0', TOKEN, []);
  trusting = await serve('0.0.0.0', TOKEN, ['127.0.0.0/8']);
});
after(async () => {
  for (const server of [open, guarded, trusting]) await server?.close();
});
beforeEach(() => origins.remove('v1'));

let starts = 0;
const started = () => ({ ...BEAT, service: `s${++starts}` });

/** `what`: a method, and what follows the path. */
async function ask(server: AdminServer, what: string, body?: unknown, token = '') {
  const [method = '', path = ''] = what.split(' ');
  const url = `http://127.0.0.1:${server.address().port}/api/v1/srs/register${path}`;
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  const headers = { ...(token && { authorization: `Bearer ${token}` }) };
  const response = await fetch(url, { method, headers, ...(text && { body: text }) });
  const answer = (await response.json()) as Record<string, unknown>;
  return { status: response.status, answer };
}

test('registers, and says under which name', async () => {
  const { status, answer } = await ask(open, 'POST', started());
  assert.equal(status, 200);
  const { code, pid, data } = answer as { code: number; pid: string; data: { state: string } };
  assert.deepEqual([code, pid, data.state], [0, String(process.pid), 'ready']);
  assert.equal(origins.statuses().at(-1)?.host, '192.0.2.2');
});

test('takes out by server id and by our own id', async () => {
  await ask(open, 'POST', started());
  assert.equal((await ask(open, 'DELETE ?server=v1')).status, 200);
  assert.equal((await ask(open, 'DELETE ?server=v1')).status, 404);
  await ask(open, 'POST', started());
  const { id = '' } = origins.statuses().find(({ server }) => server === 'v1') ?? {};
  assert.equal((await ask(open, `DELETE /${id}`)).status, 200);
  const nobody = await ask(open, 'DELETE /o999');
  assert.deepEqual(nobody.answer, { error: 'register: no origin "o999"' });
  assert.equal((await ask(open, 'DELETE')).status, 404);
});

test('what is no heartbeat is answered 400 in one line', async () => {
  for (const body of ['', '{', 'null', '[]', '{"ip":1}', { ...BEAT, rtmp: ['nowhere'] }]) {
    const { status, answer } = await ask(open, 'POST', body);
    assert.equal(status, 400, JSON.stringify(body));
    assert.match(String(answer.error), /^register: [^\n]+$/);
  }
  assert.equal((await ask(open, 'POST', `"${'x'.repeat(70_000)}"`)).status, 413);
});

test('not on loopback a token is asked for, or the network is trusted', async () => {
  const { status, answer } = await ask(guarded, 'POST', started());
  assert.equal(status, 401);
  assert.match(String(answer.error), /Bearer/);
  assert.equal((await ask(guarded, 'POST', started(), TOKEN)).status, 200);
  assert.equal((await ask(trusting, 'POST', started())).status, 200);
  assert.equal((await ask(trusting, 'DELETE ?server=v1')).status, 401);
  assert.equal((await ask(trusting, 'DELETE ?server=v1', undefined, TOKEN)).status, 200);
});
