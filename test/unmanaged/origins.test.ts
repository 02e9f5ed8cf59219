import assert from 'node:assert/strict';
import { beforeEach, test } from 'node:test';
import { MAX_ORIGINS, type OriginDown, Origins } from '../../src/unmanaged/origins.js';
import type { Registration } from '../../src/unmanaged/registration.js';

const BEAT: Registration = {
  server: 'vid-1',
  service: 's1',
  pid: 1,
  device: '',
  host: '10.0.0.1',
  ports: { rtmp: 1935, http: 8080, api: 1985, rtc: 0, srt: 0 },
  cpu: 0,
};

let now = 0;
let downs: OriginDown[] = [];
/** What a connection to an address comes to; absent: it is taken. */
let ways = new Map<string, Error>();
let origins: Origins;
/** How late we ourselves are. */
let lateMs = 0;

beforeEach(() => {
  lateMs = 0;
  now = 1_000_000;
  downs = [];
  ways = new Map();
  const reach = async (host: string) => {
    const error = ways.get(host);
    if (error !== undefined) throw error;
  };
  origins = new Origins({
    ttlMs: 30_000,
    reach,
    now: () => now,
    loop: { lateSince: () => lateMs },
  });
  origins.on('down', (down) => downs.push(down));
});

const beat = (part: Partial<Registration> = {}) => origins.register({ ...BEAT, ...part });
const states = () =>
  origins.statuses().map(({ id, generation, state }) => `${id}-${generation} ${state}`);
const fault = (code: string) => Object.assign(new Error(`connect ${code}`), { code });
const refused = () => fault('ECONNREFUSED');

test('a heartbeat makes an origin, and the next ones keep it', () => {
  const status = beat({ cpu: 10 });
  assert.deepEqual(
    [status?.id, status?.generation, status?.host, status?.server, status?.pid, status?.cpu],
    ['o001', 1, '10.0.0.1', 'vid-1', 1, 10],
  );
  for (let i = 0; i < 10; i++) {
    now += 20_000;
    beat();
    origins.tick();
  }
  assert.deepEqual(states(), ['o001-1 ready']);
  assert.deepEqual(downs, []);
});

test('without heartbeats it is gone, and comes back as another life', () => {
  beat();
  now += 30_001;
  origins.tick();
  assert.deepEqual(downs, [{ id: 'o001', generation: 1, reason: 'no heartbeat for 30 s' }]);
  assert.deepEqual(states(), ['o001-1 failed']);
  assert.equal(origins.status('o001')?.pid, null);
  beat();
  assert.deepEqual(states(), ['o001-2 ready']);
  assert.equal(origins.status('o001')?.restarts, 1);
});

test('another process at the same place replaces it at once', () => {
  beat();
  beat({ service: 's2', pid: 2 });
  assert.deepEqual(
    downs.map(({ generation }) => generation),
    [1],
  );
  assert.deepEqual(states(), ['o001-2 ready']);
  beat({ server: 'vid-new', service: 's3' });
  assert.deepEqual(states(), ['o001-3 ready']);
});

test('one that is back elsewhere keeps its name when it is known to be gone', async () => {
  const first = beat();
  ways.set('10.0.0.1', refused());
  beat({ host: '10.0.0.2', service: 's2' });
  if (first !== null) await origins.suspect(first);
  assert.deepEqual(states(), ['o001-1 failed', 'o002-1 ready']);
  now += 1;
  ways.clear();
  beat({ host: '10.0.0.3', server: 'vid-1', service: 's3' });
  assert.deepEqual(states(), ['o001-2 ready', 'o002-1 ready']);
});

test('copies with one server id are told apart by their address', async () => {
  beat();
  beat({ host: '10.0.0.2', service: 's2' });
  await origins.suspect({ id: 'o001', generation: 1 });
  assert.deepEqual(states(), ['o001-1 ready', 'o002-1 ready']);
});

test('who refuses connections is out until its next heartbeat', async () => {
  beat();
  await origins.suspect({ id: 'o001', generation: 1 });
  assert.deepEqual(downs, []);
  ways.set('10.0.0.1', refused());
  await Promise.all([1, 2].map(() => origins.suspect({ id: 'o001', generation: 1 })));
  assert.deepEqual(downs, [{ id: 'o001', generation: 1, reason: 'connect ECONNREFUSED' }]);
  beat();
  await origins.suspect({ id: 'o001', generation: 1 });
  assert.deepEqual(states(), ['o001-2 ready']);
});

test('who only takes too long gets nothing new, and is not out', async () => {
  beat();
  ways.set('10.0.0.1', new DOMException('too late', 'TimeoutError'));
  await origins.suspect({ id: 'o001', generation: 1 });
  assert.equal(origins.status('o001')?.answering, false);
  assert.deepEqual(states(), ['o001-1 ready']);
  beat();
  assert.equal(origins.status('o001')?.answering, true);
});

test('who is removed stays out until it is started again', () => {
  beat();
  assert.equal(origins.remove('nobody'), false);
  assert.equal(origins.remove('vid-1'), true);
  assert.equal(origins.remove('o001'), false);
  beat();
  assert.deepEqual(states(), ['o001-1 stopped']);
  beat({ service: 's2' });
  assert.deepEqual(states(), ['o001-2 ready']);
  assert.equal(origins.remove('o001'), true);
  assert.deepEqual(
    downs.map(({ reason }) => reason),
    ['unregistered', 'unregistered'],
  );
});

test('there is room for so many, and the longest gone make place', () => {
  for (let i = 0; i < MAX_ORIGINS; i++)
    beat({ host: `10.1.${i >> 8}.${i & 255}`, server: `v${i}` });
  assert.equal(beat({ host: '10.9.9.9', server: 'late' }), null);
  origins.remove('v7');
  now += 1;
  origins.remove('v5');
  assert.equal(beat({ host: '10.9.9.9', server: 'late' })?.id, 'o008');
  assert.equal(origins.status('o008')?.generation, 2);
  assert.equal(origins.statuses().length, MAX_ORIGINS);
});

test('who has been gone for long is not shown any more', () => {
  beat();
  origins.remove('o001');
  now += 600_001;
  assert.deepEqual(states(), []);
  assert.equal(beat({ service: 's2' })?.id, 'o001');
});

test('what fails on our own side tells nothing of an origin', async () => {
  beat();
  for (const code of ['EMFILE', 'ENOBUFS', 'EADDRNOTAVAIL']) {
    ways.set('10.0.0.1', fault(code));
    await origins.suspect({ id: 'o001', generation: 1 });
  }
  assert.equal(origins.status('o001')?.answering, true);
  ways.set('10.0.0.1', refused());
  lateMs = 600;
  await origins.suspect({ id: 'o001', generation: 1 });
  assert.equal(origins.status('o001')?.answering, true);
  assert.deepEqual(downs, []);
});

test('a way that is closed is not a process that is gone', async () => {
  beat();
  ways.set('10.0.0.1', fault('EHOSTUNREACH'));
  await origins.suspect({ id: 'o001', generation: 1 });
  assert.deepEqual(downs, []);
  assert.equal(origins.status('o001')?.answering, false);
  assert.equal(origins.status('o001')?.health, 'silent');
});

test('the time in which we stood still is not the silence of others', () => {
  beat();
  now += 50_000;
  lateMs = 21_000;
  origins.tick();
  assert.deepEqual(downs, []);
  now += 2_000;
  origins.tick();
  assert.equal(downs.length, 1);
});
