import assert from 'node:assert/strict';
import { beforeEach, test } from 'node:test';
import type { OriginLife } from '../../src/unmanaged/life.js';
import { type OriginDown, Origins } from '../../src/unmanaged/origins.js';
import { MAX_ORIGINS } from '../../src/unmanaged/places.js';
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
const PER_ADDRESS = 3;

let now = 0;
let downs: OriginDown[] = [];
/** Errors of connections by address; absent: it is accepted. */
let ways = new Map<string, Error>();
/** Origins whose HTTP API answers at an address; absent: none. */
let answering = new Map<string, OriginLife>();
let origins: Origins;
/** Read at each use. */
let limits = { ttlMs: 30_000, perAddress: PER_ADDRESS, reserved: 2 };
/** How late we ourselves are. */
let lateMs = 0;

beforeEach(() => {
  lateMs = 0;
  now = 1_000_000;
  downs = [];
  ways = new Map();
  answering = new Map();
  const reach = async (host: string) => {
    const error = ways.get(host);
    if (error !== undefined) throw error;
  };
  const lifeAt = async ({ host }: { host: string }) => {
    const life = answering.get(host);
    if (life === undefined) throw new Error('nobody answers');
    return life;
  };
  limits = { ttlMs: 30_000, perAddress: PER_ADDRESS, reserved: 2 };
  const loop = { lateSince: () => lateMs };
  origins = new Origins(Object.assign(limits, { reach, lifeAt, now: () => now, loop }));
  origins.on('down', (down) => downs.push(down));
});

/** A heartbeat out of its own address, if no other sender is named. */
const beat = (part: Partial<Registration> = {}, sender: string | null = part.host ?? BEAT.host) =>
  origins.register({ ...BEAT, ...part }, { sender, authorization: null });
const settled = () => new Promise(setImmediate);
/** A heartbeat of one that proves what it has to. */
const serve = async (part: Partial<Registration> = {}, sender?: string | null) => {
  const status = await beat(part, sender);
  await settled();
  origins.note(status, null);
  return status;
};
const states = () =>
  origins.statuses().map(({ id, generation, state }) => `${id}-${generation} ${state}`);
const fault = (code: string) => Object.assign(new Error(`connect ${code}`), { code });
const refused = () => fault('ECONNREFUSED');

test('a heartbeat makes an origin, and the next ones keep it', async () => {
  const status = await beat({ cpu: 10 });
  assert.deepEqual(
    [status.id, status.generation, status.host, status.server, status.pid, status.cpu],
    ['o001', 1, '10.0.0.1', 'vid-1', 1, 10],
  );
  await settled();
  origins.note(status, null);
  for (let i = 0; i < 10; i++) {
    now += 20_000;
    await beat();
    origins.tick();
  }
  assert.deepEqual(states(), ['o001-1 ready']);
  assert.deepEqual(downs, []);
});

test('it serves when its RTMP port and its HTTP API have answered, and not before', async () => {
  ways.set('10.0.0.1', new Error('its RTMP port does not answer a handshake'));
  const status = await serve();
  assert.deepEqual(states(), ['o001-1 starting']);
  const shown = origins.status('o001');
  assert.deepEqual(
    [shown?.answering, shown?.lastError],
    [false, 'its RTMP port does not answer a handshake'],
  );
  ways.clear();
  await beat();
  await settled();
  assert.deepEqual(states(), ['o001-1 ready']);
  assert.equal(origins.status('o001')?.lastError, null);
  origins.note(status, 'status 401');
  assert.deepEqual(states(), ['o001-1 ready']);
  await beat();
  const { answering: isAnswering, lastError } = origins.status('o001') ?? {};
  assert.deepEqual([isAnswering, lastError], [false, 'status 401']);
  origins.note(status, null);
  assert.equal(origins.status('o001')?.answering, true);
});

test('without heartbeats it is gone, and comes back as another life', async () => {
  await serve();
  now += 30_001;
  origins.tick();
  assert.deepEqual(downs, [{ id: 'o001', generation: 1, reason: 'no heartbeat for 30 s' }]);
  assert.deepEqual(states(), ['o001-1 failed']);
  assert.equal(origins.status('o001')?.pid, null);
  await serve();
  assert.deepEqual(states(), ['o001-2 ready']);
  assert.equal(origins.status('o001')?.restarts, 1);
});

test('another process at the same place replaces it at once', async () => {
  await serve();
  await serve({ service: 's2', pid: 2 });
  assert.deepEqual(
    downs.map(({ generation }) => generation),
    [1],
  );
  assert.deepEqual(states(), ['o001-2 ready']);
  answering.set('10.0.0.1', { server: 'vid-new', service: 's3', pid: 1 });
  await serve({ server: 'vid-new', service: 's3' });
  assert.deepEqual(states(), ['o001-3 ready']);
});

test('nobody takes the place of a process that is still there', async () => {
  await serve();
  answering.set('10.0.0.1', BEAT);
  const message = 'register: 10.0.0.1 port 1935 is that of o001, which is still there';
  await assert.rejects(beat({ service: 'liar', pid: 9 }), { status: 409, message });
  const ports = { ...BEAT.ports, http: 6666, api: 6666 };
  const { ports: shown } = await beat({ ports });
  assert.deepEqual(shown, BEAT.ports);
  assert.deepEqual(states(), ['o001-1 ready']);
  assert.deepEqual(downs, []);
});

test('without an HTTP API its place is its sender’s, and that of the configuration nobody’s', async () => {
  const ports = { ...BEAT.ports, api: 0 };
  await serve({ ports });
  await assert.rejects(beat({ ports, service: 's2' }, '10.0.0.7'), { status: 409 });
  await serve({ ports, service: 's2' });
  assert.deepEqual(states(), ['o001-2 ready']);
  await serve({ ports, service: 'fixed' }, null);
  await assert.rejects(beat({ ports, service: 's3' }), { status: 409 });
  assert.deepEqual(states(), ['o001-3 ready']);
});

test('one that is back elsewhere keeps its name when it is known to be gone', async () => {
  await serve();
  ways.set('10.0.0.1', refused());
  await serve({ host: '10.0.0.2', service: 's2' });
  assert.deepEqual(states(), ['o001-1 failed', 'o002-1 ready']);
  now += 1;
  ways.clear();
  await serve({ host: '10.0.0.3', server: 'vid-1', service: 's3' });
  assert.deepEqual(states(), ['o001-2 ready', 'o002-1 ready']);
});

test('copies with one server id are told apart by their address', async () => {
  await serve();
  await serve({ host: '10.0.0.2', service: 's2' });
  await origins.suspect({ id: 'o001', generation: 1 });
  assert.deepEqual(states(), ['o001-1 ready', 'o002-1 ready']);
});

test('who refuses connections is out until its next heartbeat', async () => {
  await serve();
  await origins.suspect({ id: 'o001', generation: 1 });
  assert.deepEqual(downs, []);
  ways.set('10.0.0.1', refused());
  await Promise.all([1, 2].map(() => origins.suspect({ id: 'o001', generation: 1 })));
  assert.deepEqual(downs, [{ id: 'o001', generation: 1, reason: 'connect ECONNREFUSED' }]);
  ways.clear();
  await serve();
  await origins.suspect({ id: 'o001', generation: 1 });
  assert.deepEqual(states(), ['o001-2 ready']);
});

test('who only takes too long gets nothing new, and is not out', async () => {
  await serve();
  ways.set('10.0.0.1', new DOMException('too late', 'TimeoutError'));
  await origins.suspect({ id: 'o001', generation: 1 });
  assert.equal(origins.status('o001')?.answering, false);
  assert.deepEqual(states(), ['o001-1 ready']);
  ways.clear();
  await beat();
  await settled();
  assert.equal(origins.status('o001')?.answering, true);
});

test('who is removed stays out until it is started again', async () => {
  await serve();
  assert.equal(origins.remove('nobody'), false);
  assert.equal(origins.remove('vid-1'), true);
  assert.equal(origins.remove('o001'), false);
  await beat();
  assert.deepEqual(states(), ['o001-1 stopped']);
  await serve({ service: 's2' });
  assert.deepEqual(states(), ['o001-2 ready']);
  assert.equal(origins.remove('o001'), true);
  assert.deepEqual(
    downs.map(({ reason }) => reason),
    ['unregistered', 'unregistered'],
  );
});

test('one address has so many origins, and others have theirs', async () => {
  const names = (count: number) => Array.from({ length: count }, (_, at) => `v${at}`);
  const at = (server: string, rtmp: number) => ({ server, ports: { ...BEAT.ports, rtmp } });
  for (const [rtmp, name] of names(PER_ADDRESS).entries()) await serve(at(name, rtmp + 1), 'a');
  const line = `register: a has ${PER_ADDRESS} origins already (origins.perAddress)`;
  await assert.rejects(beat(at('one more', 99), 'a'), { status: 503, message: line });
  assert.equal((await serve(at('v9', 9), 'b')).id, 'o004');
  assert.equal((await serve(at('v10', 10), null)).id, 'o005');
  origins.remove('v0');
  assert.equal((await serve(at('one more', 99), 'a')).id, 'o006');
});

test('there is room for so many, some of it for those that the configuration names', async () => {
  const own = (i: number) => ({ host: `10.1.${i >> 8}.${i & 255}`, server: `v${i}` });
  for (let i = 0; i < MAX_ORIGINS - 2; i++) await serve(own(i));
  const late = { host: '10.9.9.9', server: 'late' };
  await assert.rejects(beat(late), { status: 503 });
  for (const i of [300, 301]) await serve(own(i), null);
  origins.remove('v7');
  now += 1;
  origins.remove('v5');
  assert.equal((await serve(late)).id, 'o008');
  assert.equal(origins.status('o008')?.generation, 2);
  assert.equal(origins.statuses().length, MAX_ORIGINS);
});

test('who begins too many lives has to wait', async () => {
  const restart = (i: number) => serve({ service: `s${i}` });
  for (let i = 0; i < 2 * PER_ADDRESS; i++) await restart(i);
  await assert.rejects(restart(9000), { status: 429 });
  assert.equal(origins.status('o001')?.state, 'ready');
  now += 1000;
  await restart(9001);
});

test('who has been gone for long is not shown any more', async () => {
  await serve();
  origins.remove('o001');
  now += 600_001;
  assert.deepEqual(states(), []);
  assert.equal((await beat({ service: 's2' })).id, 'o001');
});

test('what fails on our own side tells nothing of an origin', async () => {
  await serve();
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
  await serve();
  ways.set('10.0.0.1', fault('EHOSTUNREACH'));
  await origins.suspect({ id: 'o001', generation: 1 });
  assert.deepEqual(downs, []);
  assert.equal(origins.status('o001')?.answering, false);
  assert.equal(origins.status('o001')?.health, 'silent');
});

test('the time in which we stood still is not the silence of others', async () => {
  await serve();
  now += 50_000;
  lateMs = 21_000;
  origins.tick();
  assert.deepEqual(downs, []);
  now += 2_000;
  origins.tick();
  assert.equal(downs.length, 1);
});

test('limits and credentials that change hold from then on', async () => {
  const access = (id: string) => origins.access(id)?.authorization;
  const { id } = await serve({}, '10.0.0.9');
  for (const authorization of ['Bearer new', 'Bearer newer']) {
    await origins.register(BEAT, { sender: '10.0.0.9', authorization });
    assert.equal(access(id), authorization);
  }
  limits.perAddress = 1;
  await assert.rejects(beat({ host: '10.0.0.2', server: 'vid-2' }, '10.0.0.9'), /has 1 origins/);
  limits.ttlMs = 60_000;
  now += 40_000;
  origins.tick();
  assert.deepEqual(downs, []);
  limits.ttlMs = 10_000;
  origins.tick();
  assert.deepEqual(
    downs.map(({ reason }) => reason),
    ['no heartbeat for 10 s'],
  );
});
