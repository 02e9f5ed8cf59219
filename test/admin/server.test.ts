import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type RequestListener, request } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { after, before, test } from 'node:test';
import { adminRead } from '../../src/admin/answers.js';
import { AdminServer } from '../../src/admin/server.js';
import type { AdminStatus } from '../../src/admin/types.js';
import { CHILDREN, STATUS, source } from './fixtures.js';

const LOOPBACK = { host: '127.0.0.1', port: 0 };
const TOKEN = 'correct-horse-battery';

let server: AdminServer;
let port = 0;
before(async () => {
  server = new AdminServer({ address: LOOPBACK, source: source() });
  await server.start();
  port = server.address().port;
});
after(() => server.close());

async function ask(path: string, headers: Record<string, string> = {}, method = 'GET') {
  const asked = request({ host: '127.0.0.1', port, path, method, headers, agent: false });
  asked.end();
  const [response] = await once(asked, 'response');
  const chunks: Buffer[] = await response.toArray();
  const body = Buffer.concat(chunks).toString();
  return { status: response.statusCode, headers: response.headers, body };
}

test('shows what runs', async () => {
  const address = { host: '127.0.0.1', port };
  assert.deepEqual(await adminRead({ address, token: null }, 'status'), STATUS);
  assert.deepEqual(await adminRead({ address, token: null }, 'children'), CHILDREN);
  assert.deepEqual(await adminRead({ address, token: null }, 'streams'), await source().streams());
  assert.deepEqual(
    await adminRead({ address, token: null }, 'connections'),
    await source().connections(),
  );
});

test('is healthy only when it is ready and a child is', async () => {
  const cases: [Partial<AdminStatus>, number, string][] = [
    [{}, 200, 'ok'],
    [{ state: 'starting' }, 503, 'starting'],
    [{ state: 'draining' }, 503, 'draining'],
    [{ children: { total: 2, ready: 0, notes: [] } }, 503, 'no child is ready'],
  ];
  for (const [part, status, text] of cases) {
    const status_ = () => ({ ...STATUS, ...part });
    const other = new AdminServer({ address: LOOPBACK, source: source({ status: status_ }) });
    await other.start();
    const answer = await fetch(`http://127.0.0.1:${other.address().port}/healthz`);
    assert.deepEqual([answer.status, await answer.json()], [status, { status: text }]);
    await other.close();
  }
});

test('answers, however many connections others hold open', async () => {
  const small = new AdminServer({ address: LOOPBACK, source: source(), maxConnections: 3 });
  await small.start();
  const { port: own } = small.address();
  const open = () => connect(own, '127.0.0.1').on('error', () => {});
  const idle = [open(), open()];
  for (const socket of idle) await once(socket, 'connect');
  // One that has been answered waits behind those that have asked for nothing.
  const kept = open();
  kept.write('GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n');
  await once(kept, 'data');
  const [first, second] = idle;
  const gone = once(first!.resume(), 'close');
  const address = { host: '127.0.0.1', port: own };
  assert.deepEqual(await adminRead({ address, token: null }, 'status'), STATUS);
  await gone;
  assert.equal(second!.destroyed, false);
  assert.equal(kept.destroyed, false);
  await small.close();
});

test('refuses what an HTTP port refuses', async () => {
  const answer = async (head: string) => {
    const socket = connect(port, '127.0.0.1');
    socket.write(head);
    return (await socket.toArray()).join('');
  };
  const get = 'GET /healthz HTTP/1.1\r\nHost: localhost\r\n';
  assert.match(await answer(`${get}Host: evil.example\r\n\r\n`), /^HTTP\/1\.1 400 /);
  assert.match(await answer(`${get}${'X: y\r\n'.repeat(200)}\r\n`), /^HTTP\/1\.1 431 /);
});

test('errors are one line of JSON', async () => {
  const missing = await ask('/admin/v1/nope?x=1');
  assert.equal(missing.status, 404);
  assert.equal(missing.body, '{"error":"nothing at GET /admin/v1/nope"}');
  assert.equal((await ask('/admin/v1/status', {}, 'POST')).status, 404);
  assert.equal((await ask('/%zz')).status, 400);
  const broken = new AdminServer({
    address: LOOPBACK,
    source: source({ streams: () => Promise.reject(new Error('store\nis away')) }),
  });
  await broken.start();
  const address = { host: '127.0.0.1', port: broken.address().port };
  await assert.rejects(adminRead({ address, token: null }, 'streams'), {
    code: 'ERR_ADMIN',
    message: `127.0.0.1:${address.port}: store`,
  });
  await broken.close();
});

test('refuses foreign names and foreign pages, and invites none', async () => {
  assert.equal((await ask('/admin/v1/status', { host: 'evil.example' })).status, 403);
  assert.equal((await ask('/healthz', { host: 'evil.example' })).status, 403);
  const origin = await ask('/admin/v1/status', { origin: 'http://evil.example' });
  assert.equal(origin.status, 403);
  const fine = await ask('/admin/v1/status', { host: `localhost:${port}` });
  assert.equal(fine.status, 200);
  assert.equal(fine.headers['cache-control'], 'no-store');
  for (const { headers } of [origin, fine]) {
    assert.equal(headers['access-control-allow-origin'], undefined);
  }
});

test('answers a probe of HTTP/1.0 without Host, and that alone', async () => {
  const status = async (path: string, ...headers: string[]) => {
    const socket = connect(port, '127.0.0.1');
    socket.write([`GET ${path} HTTP/1.0`, ...headers, '', ''].join('\r\n'));
    const answer = await text(socket);
    return / (\d{3}) /.exec(answer)?.[1];
  };
  assert.equal(await status('/healthz'), '200');
  assert.equal(await status('/healthz', 'Host: evil.example'), '403');
  assert.equal(await status('/healthz', 'Host:'), '403');
  assert.equal(await status('/healthz', 'Origin: http://evil.example'), '403');
  assert.equal(await status('/healthz?'), '403');
  assert.equal(await status('/admin/v1/status'), '403');
});

test('not on loopback: starts with a token only, and asks for it', async () => {
  const address = { host: '0.0.0.0', port: 0 };
  const bare = new AdminServer({ address, source: source() });
  await assert.rejects(bare.start(), { code: 'ERR_CONFIG' });
  await bare.close();
  const guarded = new AdminServer({ address, source: source(), token: TOKEN });
  await guarded.start();
  const where = { host: '0.0.0.0', port: guarded.address().port };
  assert.deepEqual(await adminRead({ address: where, token: TOKEN }, 'status'), STATUS);
  await assert.rejects(adminRead({ address: where, token: null }, 'status'), {
    code: 'ERR_ADMIN',
    message: `0.0.0.0:${where.port}: a token is needed: Authorization: Bearer TOKEN (admin.token)`,
  });
  await assert.rejects(adminRead({ address: where, token: 'wrong' }, 'status'), {
    code: 'ERR_ADMIN',
  });
  const probe = await fetch(`http://127.0.0.1:${where.port}/healthz`);
  assert.equal(probe.status, 200);
  await guarded.close();
});

test('a taken port is one line', async () => {
  const second = new AdminServer({ address: { host: '127.0.0.1', port }, source: source() });
  await assert.rejects(second.start(), {
    code: 'ERR_LISTEN',
    message: `listen.admin: 127.0.0.1:${port}: the port is taken; stop what holds it, or set listen.admin (--admin) to another port`,
  });
  await second.close();
});

test('close ends open connections and frees the port', async () => {
  const other = new AdminServer({ address: LOOPBACK, source: source() });
  await other.start();
  const address = { host: '127.0.0.1', port: other.address().port };
  await fetch(`http://127.0.0.1:${address.port}/healthz`);
  await other.close();
  await assert.rejects(adminRead({ address, token: null }, 'status'), {
    code: 'ERR_ADMIN',
    message: `no supervisor answers at 127.0.0.1:${address.port}: start one (srs-supervisor run), or name its port with --admin`,
  });
});

test('something else on the port is told apart', async () => {
  const answer: RequestListener = (_request, response) => void response.end('<html>');
  const other = createServer(answer).listen(0, '127.0.0.1');
  await once(other, 'listening');
  const { port: taken } = other.address() as AddressInfo;
  await assert.rejects(
    adminRead({ address: { host: '127.0.0.1', port: taken }, token: null }, 'status'),
    {
      message: `what answers at 127.0.0.1:${taken} is no supervisor`,
    },
  );
  other.closeAllConnections();
  other.close();
});
