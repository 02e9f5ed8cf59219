import assert from 'node:assert/strict';
import { afterEach, beforeEach, test } from 'node:test';
import { FixedOrigins } from '../../src/unmanaged/fixed.js';
import { Origins } from '../../src/unmanaged/origins.js';
import type { Registration } from '../../src/unmanaged/registration.js';
import { Watch } from '../../src/unmanaged/watch.js';
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
  api = await FakeApi.start();
  origins = new Origins({ ttlMs: 30_000, reach });
  const claims = {
    published: async (stream: string) => {
      if (!taken.has(stream)) said.push(`+${stream}`);
      return !taken.has(stream);
    },
    announce: (stream: string) => said.push(`!${stream}`),
    unpublished: (stream: string) => said.push(`-${stream}`),
  };
  watch = new Watch({ origins, claims, authorization: null });
  await watch.start();
});
afterEach(async () => {
  await watch.close();
  await api.close();
});

const register = (port: number) =>
  origins.register({ ...BEAT, ports: { ...BEAT.ports, api: port } });

test('tells what begins and ends in an origin', async () => {
  api.live = ['a'];
  register(api.port);
  await hears('+v/live/a', '!v/live/a');
  api.live = [];
  await hears('+v/live/a', '!v/live/a', '-v/live/a');
});

test('asks on for a stream that another one has', async () => {
  taken.add('v/live/a');
  api.live = ['a'];
  register(api.port);
  watch.publisherComes('v/live/a', OWNER);
  taken.clear();
  await hears('+v/live/a', '!v/live/a');
});

test('without an API the publishers that we send are all there is', async () => {
  register(0);
  watch.publisherComes('v/live/a', OWNER);
  await hears('+v/live/a', '!v/live/a');
  watch.publisherLeft('v/live/a', OWNER);
  await hears('+v/live/a', '!v/live/a', '-v/live/a');
});

test('an origin whose API is gone is looked at, and is out when it refuses', async () => {
  register(api.port);
  await api.close();
  reaches = false;
  await until('it is out', () => origins.status('o001')?.state === 'failed');
  api = await FakeApi.start();
});

test('origins without a heartbeat are asked who they are', async () => {
  const fixed = [{ host: '127.0.0.1', ports: { ...BEAT.ports, api: api.port } }];
  const keeper = new FixedOrigins({ origins, fixed, reach, authorization: null });
  await keeper.start();
  assert.equal(origins.status('o001')?.pid, 7);
  api.service = 's2';
  await until('another life', () => origins.status('o001')?.generation === 2);
  await keeper.close();
});

test('where they have no API, whoever takes connections is there', async () => {
  const fixed = [{ host: '127.0.0.1', ports: BEAT.ports }];
  const keeper = new FixedOrigins({ origins, fixed, reach, authorization: null });
  reaches = false;
  await keeper.start();
  assert.deepEqual(origins.statuses(), []);
  reaches = true;
  await until('it is there', () => origins.status('o001')?.state === 'ready');
  await keeper.close();
});
