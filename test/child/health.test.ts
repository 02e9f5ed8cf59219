import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer as createHttpServer } from 'node:http';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { type TestContext, test } from 'node:test';
import { isReady, type ProbeTarget, untilHung, untilReady } from '../../src/child/health.js';
import { cleanup } from './helpers.js';

const LIMIT = 2000;
const S0: Buffer = Buffer.alloc(1537, 3);

async function portOf(t: TestContext, server: Server): Promise<number> {
  const sockets = new Set<Socket>();
  server.on('connection', (socket) => sockets.add(socket.on('error', () => {})));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  cleanup(t, () => {
    server.close();
    for (const socket of sockets) socket.destroy();
  });
  return (server.address() as AddressInfo).port;
}

/** A child in this process, with an API that says `body` and an RTMP port that says `hello`. */
async function target(
  t: TestContext,
  body: string | null,
  hello: Buffer = S0,
): Promise<ProbeTarget> {
  const api = createHttpServer((_, response) => body !== null && response.end(body));
  const rtmp = createServer((socket) => {
    socket.once('data', () => socket.end(hello));
  });
  const ports = { rtmp: await portOf(t, rtmp), api: await portOf(t, api), http: 0 };
  return { ports, pid: 42, authorization: null };
}

test('a child is ready when RTMP answers, and the API by its pid', async (t) => {
  assert.equal(await isReady(await target(t, '{"pid":"42"}'), LIMIT), true);
});

test('strangers, half children and silence are not ready', async (t) => {
  const cases: [string | null, Buffer, number][] = [
    ['{"pid":"43"}', S0, LIMIT],
    ['{}', S0, LIMIT],
    ['no JSON', S0, LIMIT],
    [' '.repeat(100_000), S0, LIMIT],
    ['{"pid":"42"}', Buffer.from('HTTP/1.1'), LIMIT],
    ['{"pid":"42"}', Buffer.alloc(0), LIMIT],
    [null, S0, 200],
  ];
  for (const [body, hello, limit] of cases) {
    assert.equal(await isReady(await target(t, body, hello), limit), false, body ?? 'silence');
  }
  const closed = { ports: { rtmp: 1, api: 1, http: 1 }, pid: 42, authorization: null };
  assert.equal(await isReady(closed, LIMIT), false);
});

test('an answer that comes byte by byte is none after the time limit', async (t) => {
  const { ports, ...rest } = await target(t, null);
  const api = createServer((socket) => {
    const drip = setInterval(() => socket.write('H'), 5);
    socket.once('close', () => clearInterval(drip));
  });
  const dripping = { ...rest, ports: { ...ports, api: await portOf(t, api) } };
  assert.equal(await isReady(dripping, 200), false);
});

test('waiting for a child ends with its time limit, or when it is called off', async (t) => {
  const silent = await target(t, null);
  const times = { startLimit: 300, aliveEvery: 20, timeLimit: 50, misses: 3 };
  assert.equal(await untilReady(silent, times, new AbortController().signal), false);
  await untilHung(silent, times, new AbortController().signal);
  const off = AbortSignal.abort();
  await assert.rejects(untilReady(silent, times, off), { name: 'AbortError' });
  await assert.rejects(untilHung(silent, times, off), { name: 'AbortError' });
});

test('misses count in a row only', async (t) => {
  let asked = 0;
  const api = createHttpServer((_, response) => {
    asked++;
    response.end(asked % 3 === 0 || asked > 9 ? '{"pid":"1"}' : '{"pid":"42"}');
  });
  const ports = { rtmp: 0, api: await portOf(t, api), http: 0 };
  const times = { startLimit: 0, aliveEvery: 5, timeLimit: LIMIT, misses: 2 };
  await untilHung({ ports, pid: 42, authorization: null }, times, new AbortController().signal);
  assert.equal(asked, 10);
});
