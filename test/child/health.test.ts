import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { createServer as createHttpServer } from 'node:http';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { type TestContext, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { untilHung, untilReady } from '../../src/child/health.js';
import { type ProbeTarget, probeBoth } from '../../src/child/probe.js';
import { Pulse } from '../../src/child/pulse.js';
import type { Watching } from '../../src/child/silence.js';
import { PROBE_TIMES } from '../../src/child/times.js';
import type { ChildHealth } from '../../src/child/types.js';
import { silentLogger } from '../../src/logging/logger.js';
import { cleanup } from './helpers.js';

const LIMIT = 2000;
const S0: Buffer = Buffer.alloc(1537, 3);
/** Above what Linux gives to any process: nothing is to be seen of it. */
const NO_PID = 2 ** 22 + 42;
const VERSIONS = JSON.stringify({ pid: `${NO_PID}` });

/** Nothing of our own is wrong, unless a test says so. */
function watching(changes: Partial<Watching> = {}): Watching {
  return {
    loop: { lateSince: () => 0 },
    sends: () => false,
    child: 'c001',
    mayGiveUp: () => true,
    onHealth: () => {},
    onAnswer: () => {},
    pulse: new Pulse(TIMES),
    logger: silentLogger,
    ...changes,
  };
}

async function isReady(target: ProbeTarget, timeLimit: number): Promise<boolean> {
  const { api, rtmp, ownFaults } = await probeBoth(target, timeLimit);
  assert.deepEqual(ownFaults, []);
  return api && rtmp;
}

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
  return { ports, pid: NO_PID, authorization: null };
}

test('a child is ready when RTMP answers, and the API by its pid', async (t) => {
  assert.equal(await isReady(await target(t, VERSIONS), LIMIT), true);
});

test('strangers, half children and silence are not ready', async (t) => {
  const cases: [string | null, Buffer, number][] = [
    ['{"pid":"43"}', S0, LIMIT],
    ['{}', S0, LIMIT],
    ['no JSON', S0, LIMIT],
    [' '.repeat(100_000), S0, LIMIT],
    [VERSIONS, Buffer.from('HTTP/1.1'), LIMIT],
    [VERSIONS, Buffer.alloc(0), LIMIT],
    [null, S0, 200],
  ];
  for (const [body, hello, limit] of cases) {
    assert.equal(await isReady(await target(t, body, hello), limit), false, body ?? 'silence');
  }
  const closed = { ports: { rtmp: 1, api: 1, http: 1 }, pid: NO_PID, authorization: null };
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

const TIMES = { ...PROBE_TIMES, aliveEvery: 20, timeLimit: 50, misses: 3 };

test('waiting for a child ends with its time limit, or when it is called off', async (t) => {
  const silent = await target(t, null);
  const times = { ...TIMES, startLimit: 100 };
  const { signal } = new AbortController();
  assert.match(
    (await untilReady(silent, times, watching(), signal)) ?? '',
    /^not ready within 100 ms/,
  );
  assert.equal(await untilHung(silent, times, watching(), signal), 'hung: it does not answer');
  const off = AbortSignal.abort();
  await assert.rejects(untilReady(silent, times, watching(), off), { name: 'AbortError' });
  await assert.rejects(untilHung(silent, times, watching(), off), { name: 'AbortError' });
});

test('misses count in a row only, and more of them where nothing is seen of the process', async (t) => {
  let asked = 0;
  const api = createHttpServer((_, response) => {
    asked++;
    response.end(asked % 4 === 0 || asked > 12 ? '{"pid":"1"}' : VERSIONS);
  });
  const ports = { rtmp: 0, api: await portOf(t, api), http: 0 };
  const seen: ChildHealth[] = [];
  const onHealth = (health: ChildHealth) => void seen.push(health);
  const child = { ports, pid: NO_PID, authorization: null };
  const times = { ...TIMES, misses: 2, timeLimit: 1000 };
  await untilHung(child, times, watching({ onHealth }), new AbortController().signal);
  // Three that miss once and answer again; then six in a row.
  assert.equal(asked, 12 + 5);
  assert.deepEqual(seen, ['silent', 'ok', 'silent', 'ok', 'silent']);
});

test('what is our own fault does not count', async (t) => {
  const silent = await target(t, null);
  let late = 3;
  const loop = { lateSince: () => (late-- > 0 ? 700 : 0) };
  const times = { ...TIMES, misses: 1 };
  const began = performance.now();
  await untilHung(silent, times, watching({ loop }), new AbortController().signal);
  assert.equal(late, -3);
  assert.ok(performance.now() - began > 6 * 50);
});

test('a child that may not be given up is asked on, and saved by an answer', async (t) => {
  let asked = 0;
  const api = createHttpServer((_, response) => {
    asked++;
    if (asked > 5) response.end(VERSIONS);
  });
  const ports = { rtmp: 0, api: await portOf(t, api), http: 0 };
  let wanted = 0;
  const mayGiveUp = () => {
    wanted += 1;
    return false;
  };
  const off = new AbortController();
  const onHealth = (health: ChildHealth) => health === 'ok' && off.abort();
  const child = { ports, pid: NO_PID, authorization: null };
  const times = { ...TIMES, misses: 1, timeLimit: 100 };
  const watched = untilHung(child, times, watching({ mayGiveUp, onHealth }), off.signal);
  await assert.rejects(watched, { name: 'AbortError' });
  assert.ok(wanted > 0);
});

test('a port that nobody has is a miss, and no descriptor for the question our own fault', async () => {
  const child = { ports: { rtmp: 1, api: 1, http: 1 }, pid: NO_PID, authorization: null };
  assert.deepEqual(await probeBoth(child, LIMIT), { api: false, rtmp: false, ownFaults: [] });
  const program = fileURLToPath(new URL('./no-descriptors-process.js', import.meta.url));
  const { stdout } = spawnSync(process.execPath, [program], { encoding: 'utf8' });
  assert.deepEqual(JSON.parse(stdout), { api: false, rtmp: false, ownFaults: ['EMFILE'] });
});
