import assert from 'node:assert/strict';
import { networkInterfaces } from 'node:os';
import { after, before, beforeEach, test } from 'node:test';
import { AdminServer } from '../../src/admin/server.js';
import type { Config } from '../../src/config/config.js';
import { originRoutes } from '../../src/supervisor/origins.js';
import { Renewals } from '../../src/supervisor/renewals.js';
import { Origins } from '../../src/unmanaged/origins.js';
import { source } from '../admin/fixtures.js';

const TOKEN = 'correct-horse-battery';
const BEAT = { ip: '192.0.2.2', server: 'v1', service: 's1', pid: '7', rtmp: ['1935'] };

let origins: Origins;
let off: AdminServer;
let open: AdminServer;
let guarded: AdminServer;
let trusting: AdminServer;
const started: AdminServer[] = [];

const NONE = {
  ...{ from: [], token: null, tokenFile: null, hosts: [] },
  ...{ auth: null, authFile: null, perAddress: 64, fetchOnPlay: false },
};
const LOCAL = ['127.0.0.0/8'];

async function serve(
  host: string,
  token: string | null,
  keys: Partial<Config['origins']>,
): Promise<AdminServer> {
  const config = {
    origins: { ...NONE, ttlSeconds: 30, fixed: [], ...keys },
    admin: { token, tokenFile: null },
  };
  const { plugin, isFree } = originRoutes(origins, config, new Renewals());
  const address = { host, port: 0 };
  const server = new AdminServer({ address, token, isFree, plugins: [plugin], source: source() });
  await server.start();
  started.push(server);
  return server;
}

before(async () => {
  const sizes = { ttlMs: 30_000, perAddress: 64, reserved: 0 };
  const lifeAt = async () => ({ server: '', service: '', pid: 0 });
  origins = new Origins({ ...sizes, reach: async () => {}, lifeAt });
  off = await serve('127.0.0.1', null, {});
  open = await serve('127.0.0.1', null, { from: LOCAL, hosts: ['192.0.2.0/24'] });
  guarded = await serve('0.0.0.0', TOKEN, { hosts: ['192.0.2.2'] });
  trusting = await serve('0.0.0.0', TOKEN, { from: LOCAL, hosts: ['192.0.2.2'] });
});
after(async () => {
  for (const server of started) await server.close();
});
beforeEach(() => origins.remove('v1'));

let starts = 0;
const beat = () => ({ ...BEAT, service: `s${++starts}` });

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
  const { status, answer } = await ask(open, 'POST', beat());
  assert.equal(status, 200);
  const { code, pid, data } = answer as { code: number; pid: string; data: { state: string } };
  assert.deepEqual([code, pid, data.state], [0, String(process.pid), 'starting']);
  assert.equal(origins.statuses().at(-1)?.host, '192.0.2.2');
});

test('takes out by server id and by our own id', async () => {
  await ask(open, 'POST', beat());
  assert.equal((await ask(open, 'DELETE ?server=v1')).status, 200);
  assert.equal((await ask(open, 'DELETE ?server=v1')).status, 404);
  await ask(open, 'POST', beat());
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
  const { status, answer } = await ask(guarded, 'POST', beat());
  assert.equal(status, 401);
  assert.match(String(answer.error), /Bearer/);
  assert.equal((await ask(guarded, 'POST', beat(), TOKEN)).status, 200);
  assert.equal((await ask(trusting, 'POST', beat())).status, 200);
  assert.equal((await ask(trusting, 'DELETE ?server=v1')).status, 401);
  assert.equal((await ask(trusting, 'DELETE ?server=v1', undefined, TOKEN)).status, 200);
});

test('nobody may register where nobody is named, and one line says which key does', async () => {
  const { status, answer } = await ask(off, 'POST', beat());
  assert.equal(status, 403);
  const line = 'register: 127.0.0.1 may not register: add it to origins.from, or set origins.token';
  assert.deepEqual(answer, { error: line });
  await ask(off, 'POST', beat());
  const [row] = origins.refusals.rows();
  assert.deepEqual([row?.from, row?.reason, row?.times], ['127.0.0.1', line, 2]);
  assert.equal((await ask(open, 'POST', beat())).status, 200);
  assert.deepEqual(origins.refusals.rows(), []);
});

test('a token of its own lets an origin in, and into nothing else', async () => {
  const own = 'origins-only-token-1';
  const server = await serve('0.0.0.0', TOKEN, { token: own, hosts: ['192.0.2.2'] });
  assert.equal((await ask(server, 'POST', beat(), 'another-token-of-16')).status, 401);
  assert.equal((await ask(server, 'POST', beat(), own)).status, 200);
  assert.equal((await ask(server, 'DELETE ?server=v1', undefined, own)).status, 401);
});

test('nobody speaks for an address that is not its own', async () => {
  const at = (ip: string) => ask(open, 'POST', { ...beat(), ip });
  const { status, answer } = await at('198.51.100.7');
  assert.equal(status, 403);
  assert.match(String(answer.error), /may not register 198.51.100.7: add .* to origins.hosts$/);
  const listening = { ...beat(), rtmp: ['198.51.100.7:1935'] };
  assert.equal((await ask(open, 'POST', listening)).status, 403);
  assert.equal((await at('127.0.0.1')).status, 200);
  assert.equal((await at('192.0.2.77')).status, 200);
  // As SRS does: it calls us on loopback, and names the address of its network card.
  const cards = Object.values(networkInterfaces()).flat();
  for (const card of cards) if (card) assert.equal((await at(card.address)).status, 200);
});
