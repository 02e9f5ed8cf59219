import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect } from 'node:net';
import { type TestContext, test } from 'node:test';
import { MOST_BYTES, parseBeat } from '../../src/child/beat-request.js';
import { Beats } from '../../src/child/beats.js';
import { PROBE_TIMES } from '../../src/child/times.js';
import { silentLogger } from '../../src/logging/logger.js';
import { cleanup } from './helpers.js';

const PID = 4711;
const LIFE = { id: 'c001', generation: 2 };

interface Rig {
  readonly beats: Beats;
  readonly url: string;
  /** Messages of its log. */
  readonly lines: string[];
  /** Resolves to what the child is to be probed for; there is one call at a time. */
  readonly due: () => Promise<string>;
}

/** One child that is watched. A probe is due after an hour, or as a heartbeat says. */
async function rig(t: TestContext, times = {}): Promise<Rig> {
  const hour = 3_600_000;
  const calm = { ...PROBE_TIMES, aliveEvery: hour, roundEvery: 0, beatEvery: hour, ...times };
  const lines: string[] = [];
  const logger = silentLogger.child({}, { level: 'warn' });
  logger.warn = (_: unknown, text?: string) => void lines.push(text ?? '');
  const beats = new Beats({ times: calm, pidOf: (id) => (id === LIFE.id ? PID : null), logger });
  await beats.open();
  const pulse = beats.begin(LIFE);
  for (let answers = 0; answers < 5; answers += 1) pulse.answered(1);
  const off = new AbortController();
  cleanup(t, () => {
    off.abort();
    beats.close();
  });
  return { beats, url: beats.urlFor(LIFE) ?? '', lines, due: () => pulse.due(off.signal) };
}

async function post(url: string, body: object): Promise<number> {
  return (await fetch(url, { method: 'POST', body: JSON.stringify(body) })).status;
}

const OWN = { device_id: 'c001', pid: `${PID}` };

/** Resolves to whether the promise is settled when all that is ready has run. */
async function isSettled(promise: Promise<unknown>): Promise<boolean> {
  const open = Symbol('open');
  const later = new Promise((resolve) => setImmediate(resolve, open));
  return (await Promise.race([promise, later])) !== open;
}

test("a child's own heartbeat counts, and a duplicate of it as well", async (t) => {
  const { url, due, lines } = await rig(t);
  for (let turn = 0; turn < 2; turn += 1) {
    const probed = due();
    assert.equal(await isSettled(probed), false);
    assert.deepEqual(await Promise.all([post(url, OWN), post(url, OWN)]), [200, 200]);
    assert.equal(await probed, 'round');
  }
  assert.deepEqual(lines, []);
});

test('a heartbeat that lies counts for nobody', async (t) => {
  const { beats, url, due, lines } = await rig(t);
  const probed = due();
  const lies: [string, object][] = [
    [url, { ...OWN, pid: '1' }],
    [url, { ...OWN, device_id: 'c002' }],
    [url, { device_id: 'c001' }],
    [url.replace(/.$/, (sign) => (sign === 'A' ? 'B' : 'A')), OWN],
    [beats.urlFor({ ...LIFE, generation: 1 }) ?? '', OWN],
    [beats.urlFor({ ...LIFE, id: 'c002' }) ?? '', OWN],
    [url.replace(/\/[^/]*$/, '/'), OWN],
  ];
  for (const [where, body] of lies) await post(where, body);
  assert.equal(await isSettled(probed), false);
  assert.equal(lines.length, lies.length);
  await post(url, OWN);
  assert.equal(await probed, 'round');
});

test('the last heartbeats of an ended process are no lie and count for nothing', async (t) => {
  const { beats, url, due, lines } = await rig(t);
  const probed = due();
  beats.end({ ...LIFE, generation: 1 });
  beats.end(LIFE);
  assert.equal(await post(url, { ...OWN, pid: '1' }), 200);
  assert.equal(await isSettled(probed), false);
  assert.deepEqual(lines, []);
});

test('a late heartbeat, a missing one and a refused client are told apart', async (t) => {
  const { url, due, beats } = await rig(t, {
    beatEvery: 20,
    beatSlack: 5,
    roundEvery: 3_600_000,
    aliveEvery: 10,
  });
  assert.equal(await due(), 'round', 'none has come yet: it is asked as one without them');
  await post(url, OWN);
  assert.equal(await due(), 'late');
  assert.equal(await due(), 'round', 'asked until it beats again');
  beats.suspect({ ...LIFE, generation: 1 });
  assert.equal(await due(), 'round');
  beats.suspect(LIFE);
  assert.equal(await due(), 'suspect');
});

test('a process that does not run is probed at once, whatever it said before', async (t) => {
  const { url, due, beats } = await rig(t, { roundEvery: 3_600_000 });
  await post(url, OWN);
  const probed = due();
  beats.still(PID + 1);
  assert.equal(await isSettled(probed), false);
  beats.still(PID);
  assert.equal(await probed, 'late');
});

test('no port: nothing is expected, and children are not told to send', async () => {
  const beats = new Beats({ times: PROBE_TIMES, pidOf: () => null, logger: silentLogger });
  assert.equal(beats.urlFor(LIFE), null);
  beats.close();
});

test('a request that is none ends its connection', async (t) => {
  const { url } = await rig(t);
  const port = Number(new URL(url).port);
  const head = 'POST /x HTTP/1.1\r\nContent-Length: ';
  const texts = ['GET / HTTP/1.1\r\n\r\n', `${head}9999\r\n\r\n`, 'x'.repeat(MOST_BYTES + 1)];
  for (const text of [...texts, `${head}2\r\n\r\n{]`]) {
    const socket = connect(port, '127.0.0.1').on('error', () => {});
    socket.write(text);
    await once(socket, 'close');
    assert.equal(socket.bytesRead, 0);
  }
});

const WHOLE = `POST /beat/c001/1/s HTTP/1.1\r\nHost: h\r\nContent-Length: 33\r\n\r\n${JSON.stringify(
  {
    device_id: 'c001',
    pid: '4711',
  },
)}`;

test('a heartbeat is parsed when it is whole, and not before', () => {
  const bytes = Buffer.from(WHOLE);
  for (let length = 0; length < bytes.length; length += 1) {
    assert.equal(parseBeat(bytes.subarray(0, length)), 'incomplete');
  }
  const beat = { path: '/beat/c001/1/s', device: 'c001', pid: 4711 };
  assert.deepEqual(parseBeat(bytes), beat);
  assert.deepEqual(parseBeat(Buffer.concat([bytes, Buffer.from('more')])), beat);
  const bare = parseBeat(Buffer.from('POST / HTTP/1.1\r\nContent-Length: 4\r\n\r\nnull'));
  assert.deepEqual(bare, { path: '/', device: '', pid: Number.NaN });
});
