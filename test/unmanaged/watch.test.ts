import assert from 'node:assert/strict';
import type { Socket } from 'node:net';
import { afterEach, beforeEach, test } from 'node:test';
import type { FixedOrigin } from '../../src/config/fixed-origin.js';
import { createLogger } from '../../src/logging/logger.js';
import { FixedOrigins } from '../../src/unmanaged/fixed.js';
import { lifeAt } from '../../src/unmanaged/life.js';
import { Origins } from '../../src/unmanaged/origins.js';
import type { Registration } from '../../src/unmanaged/registration.js';
import { Watch } from '../../src/unmanaged/watch.js';
import { key } from '../helpers/stream-key.js';
import { until } from '../helpers/until.js';
import { FakeApi } from './fake-api.js';

const BEAT: Registration = {
  ...{ server: 'vid-1', service: 's1', pid: 7, device: '', host: '127.0.0.1', cpu: 0 },
  ports: { rtmp: 1935, http: 0, api: 0, rtc: 0, srt: 0 },
};
const OWNER = { id: 'o001', generation: 1 };

let api: FakeApi;
let origins: Origins;
let watch: Watch;
let said: string[];
/** Streams that another child has. */
let taken: Set<string>;
let reaches: boolean;
/** Lines of the log that somebody has to read. */
let warnings: string[];
let authorization: string | null;

const reach = async () => {
  if (!reaches) throw Object.assign(new Error('refused'), { code: 'ECONNREFUSED' });
};
const hears = (...lines: string[]) =>
  until(
    () => `${lines}, not ${said}`,
    () => said.join() === lines.join(),
  );

beforeEach(async () => {
  said = [];
  taken = new Set();
  reaches = true;
  warnings = [];
  authorization = null;
  api = await FakeApi.start();
  const logger = createLogger('warn', { people: false, write: (line) => warnings.push(line) });
  const sizes = { ttlMs: 60_000, perAddress: 64, reserved: 9 };
  origins = new Origins({ ...sizes, reach, lifeAt, logger });
  const claims = {
    adopt: async (stream: string) => {
      if (!taken.has(stream)) said.push(`+${stream}`);
      return !taken.has(stream);
    },
    announce: (stream: string) => said.push(`!${stream}`),
    unpublished: (stream: string) => said.push(`-${stream}`),
  };
  watch = new Watch({ origins, claims });
  await watch.start();
});
afterEach(async () => {
  await watch.close();
  await api.close();
});

const register = (port: number, part: Partial<Registration> = {}) => {
  const ports = { ...BEAT.ports, api: port };
  return origins.register({ ...BEAT, ports, ...part }, { sender: 'any', authorization });
};
const status = () => origins.status('o001');
const fault = (reason: RegExp) =>
  until(
    () => `${reason}, not ${status()?.lastError}`,
    () => status()?.answering === false && reason.test(status()?.lastError ?? ''),
  );
const serves = () => until('it serves', () => status()?.answering === true);

test('tells what begins and ends in an origin', async () => {
  api.live = ['a'];
  await register(api.port);
  await hears('+v/live/a', '!v/live/a');
  api.live = [];
  await hears('+v/live/a', '!v/live/a', '-v/live/a');
});

test('the streams of all are known while each has an API that answers', async () => {
  assert.equal(watch.knowsStreams, true);
  await register(api.port);
  assert.equal(watch.knowsStreams, false);
  await until('it is known', () => watch.knowsStreams);
  await register(0, { server: 'vid-2', ports: { ...BEAT.ports, rtmp: 1936 } });
  assert.equal(watch.knowsStreams, false);
});

test('asks on for a stream that another one has', async () => {
  taken.add('v/live/a');
  api.live = ['a'];
  await register(api.port);
  watch.publisherComes(key('v/live/a'), OWNER);
  taken.clear();
  await hears('+v/live/a', '!v/live/a');
});

test('without an API the publishers that we send are all there is', async () => {
  await register(0);
  watch.publisherComes(key('v/live/a'), OWNER);
  await hears('+v/live/a', '!v/live/a');
  watch.publisherLeft(key('v/live/a'), OWNER);
  await hears('+v/live/a', '!v/live/a', '-v/live/a');
});

test('an origin whose API is gone is looked at, and is out when it refuses', async () => {
  await register(api.port);
  await serves();
  await api.close();
  reaches = false;
  await until('it is out', () => origins.status('o001')?.state === 'failed');
  api = await FakeApi.start();
});

test('it is ready when its API says that it is the one', async () => {
  await register(api.port);
  await serves();
  assert.equal(status()?.state, 'ready');
});

test('an API that asks for credentials is said once, shown, and asked with its own', async () => {
  api.authorization = 'Bearer right';
  await register(api.port);
  await fault(/status 401: it asks for credentials, set origins\.auth/);
  assert.equal(status()?.state, 'starting');
  await until('it is asked again', () => api.shown.length >= 3);
  assert.equal(warnings.filter((line) => line.includes('401')).length, 1);
  assert.ok(api.shown.every((shown) => shown === undefined));
  authorization = 'Bearer right';
  await register(api.port, { service: 's2' });
  api.service = 's2';
  await serves();
  assert.equal(api.shown.at(-1), 'Bearer right');
});

test('another process that answers in its place gets no stream and no credentials of others', async () => {
  api.live = ['a'];
  await register(api.port, { service: 'liar' });
  await fault(/another process answers than the one that registered/);
  assert.deepEqual(said, []);
});

const HEAD = (length: number) => `HTTP/1.1 200 OK\r\nContent-Length: ${length}\r\n\r\n`;
const nested = `{"a":${'['.repeat(1e6)}${']'.repeat(1e6)}}`;
const BAD: readonly [string, (socket: Socket) => void, RegExp][] = [
  ['too long', (socket) => void socket.write(HEAD(60_000_000)), /more than 4194304 bytes/],
  ['too deep', (socket) => void socket.write(HEAD(nested.length) + nested), /deeper than 16/],
  ['no JSON', (socket) => void socket.write(`${HEAD(2)}no`), /no JSON object/],
];

for (const [name, answer, reason] of BAD) {
  test(`an answer that is ${name} is refused, and others are asked meanwhile`, async (t) => {
    const other = await FakeApi.start();
    t.after(() => other.close());
    api.instead = answer;
    await register(api.port);
    other.live = ['b'];
    await register(other.port, {
      host: '127.0.0.1',
      ports: { ...BEAT.ports, rtmp: 1, api: other.port },
    });
    await hears('+v/live/b', '!v/live/b');
    await fault(reason);
  });
}

test('those that dribble keep nobody waiting who has answered before', async (t) => {
  const other = await FakeApi.start();
  t.after(() => other.close());
  await register(other.port);
  await serves();
  api.instead = (socket) => {
    socket.write(HEAD(100_000));
    const timer = setInterval(() => socket.write(' '), 100);
    socket.on('close', () => clearInterval(timer)).on('error', () => {});
  };
  for (let rtmp = 1; rtmp <= 40; rtmp++) {
    await register(0, { ports: { ...BEAT.ports, rtmp: 9000 + rtmp, api: api.port } });
  }
  await until('they are asked', () => api.shown.length > 0);
  const since = performance.now();
  other.live = ['b'];
  await hears('+v/live/b', '!v/live/b');
  // Ten rounds of those four at a time would take forty seconds.
  assert.ok(performance.now() - since < 20_000);
  assert.ok(api.shown.length <= 40);
});

test('more streams than one SRS can have are none', async () => {
  api.live = Array.from({ length: 5001 }, (_, at) => `s${at}`);
  await register(api.port);
  await fault(/more than 5000 streams are published/);
  assert.deepEqual(said, []);
});

const keep = (one: Partial<FixedOrigin>, shared: string | null = null) => {
  const fixed = [
    { host: '127.0.0.1', ports: { ...BEAT.ports, api: api.port }, auth: null, ...one },
  ];
  return new FixedOrigins({
    ...{ origins, reach, lifeAt },
    fixed: () => fixed,
    authorization: () => shared,
  });
};

test('origins without a heartbeat are asked who they are', async () => {
  const keeper = keep({});
  await keeper.start();
  assert.equal(status()?.pid, 7);
  api.service = 's2';
  await until('another life', () => status()?.generation === 2);
  await keeper.close();
});

test('one that is named later is asked at once, and one that is not named any more is not', async () => {
  const one = { host: '127.0.0.1', ports: { ...BEAT.ports, api: api.port }, auth: null };
  let fixed: FixedOrigin[] = [];
  let token: string | null = 'Bearer old';
  api.authorization = 'Bearer new';
  const parts = { origins, reach, lifeAt, fixed: () => fixed, authorization: () => token };
  const keeper = new FixedOrigins(parts);
  await keeper.renew();
  await keeper.start();
  assert.deepEqual(origins.statuses(), []);
  fixed = [one];
  await keeper.renew();
  assert.match(origins.refusals.rows()[0]?.reason ?? '', /it refuses the credentials/);
  token = 'Bearer new';
  await keeper.renew();
  assert.equal(status()?.pid, 7);
  fixed = [];
  api.service = 's2';
  await keeper.renew();
  assert.equal(status()?.generation, 1);
  await keeper.close();
});

test('where they have no API, whoever takes connections is there', async () => {
  const keeper = keep({ ports: BEAT.ports });
  reaches = false;
  await keeper.start();
  assert.deepEqual(origins.statuses(), []);
  assert.deepEqual(
    origins.refusals.rows().map(({ from, reason }) => [from, reason]),
    [['127.0.0.1:1935', 'no answer: refused']],
  );
  reaches = true;
  await until('it is there', () => status()?.state === 'ready');
  assert.deepEqual(origins.refusals.rows(), []);
  await keeper.close();
});

test('each is asked with its own credentials, or with those of all', async () => {
  api.authorization = 'Basic cm9vdDpwYXNz';
  const bare = keep({}, 'Bearer of-others');
  await bare.start();
  await bare.close();
  assert.deepEqual(origins.statuses(), []);
  assert.match(origins.refusals.rows()[0]?.reason ?? '', /status 401: it refuses the credentials/);
  const own = keep({ auth: 'root:pass' }, 'Bearer of-others');
  await own.start();
  await serves();
  assert.deepEqual(new Set(api.shown), new Set(['Bearer of-others', api.authorization]));
  await own.close();
});
