import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readRegistration } from '../../src/unmanaged/registration.js';

/** As SRS 7.0.18 sends it. */
const BEAT = {
  device_id: 'dev1',
  ip: '192.0.2.2',
  server: 'vid-1206mz8',
  service: '83229d23',
  pid: '10773',
  rtmp: ['1935'],
  http: ['8080'],
  api: ['1985'],
  srt: ['udp://0.0.0.0:10080'],
  rtc: ['udp://0.0.0.0:8000', 'tcp://0.0.0.0:8000'],
};

const read = (part: Record<string, unknown>, isNear = true) =>
  readRegistration({ ...BEAT, ...part }, isNear);
const where = (part: Record<string, unknown>, isNear = true) => {
  const { host, ports } = read(part, isNear);
  return [host, ...Object.values(ports)];
};

test("reads SRS's heartbeat", () => {
  assert.deepEqual(read({}), {
    server: 'vid-1206mz8',
    service: '83229d23',
    pid: 10773,
    device: 'dev1',
    host: '192.0.2.2',
    ports: { rtmp: 1935, http: 8080, api: 1985, rtc: 8000, srt: 10080 },
    cpu: 0,
  });
  assert.equal(read({ summaries: { data: { self: { cpu_percent: 0.25 } } } }).cpu, 25);
  assert.equal(read({ summaries: 'none' }).cpu, 0);
});

test('what listens everywhere is at its ip, what has an address is there', () => {
  assert.deepEqual(where({}, false), ['192.0.2.2', 1935, 8080, 1985, 8000, 10080]);
  assert.deepEqual(where({ rtmp: ['0.0.0.0:1'], http: ['[::]:2'], api: [':3'] }), [
    ...['192.0.2.2', 1, 2, 3, 8000, 10080],
  ]);
  const six = { rtmp: ['rtmp://[2001:db8::1]:1'], http: [], api: [], srt: [], rtc: [] };
  assert.deepEqual(where(six), ['2001:db8::1', 1, 0, 0, 0, 0]);
});

test('of several listens one is taken, and all ports are at one address', () => {
  const mixed = { rtmp: ['10.0.0.1:1', '10.0.0.2:2'], http: ['10.0.0.2:3'], api: ['4'] };
  assert.deepEqual(where(mixed), ['10.0.0.1', 1, 0, 4, 8000, 10080]);
  const hidden = { rtmp: ['1'], api: ['127.0.0.1:3'] };
  assert.deepEqual(where(hidden, true), ['127.0.0.1', 1, 8080, 3, 8000, 10080]);
  assert.deepEqual(where(hidden, false), ['192.0.2.2', 1, 8080, 0, 8000, 10080]);
});

const NONSENSE: readonly [unknown, RegExp][] = [
  [null, /^register: body: must be a JSON object$/],
  ['text', /^register: body: /],
  [[], /^register: body: /],
  [{}, /^register: ip: must be a text$/],
  [{ ...BEAT, rtmp: 5 }, /^register: rtmp: must be a list of ports$/],
  [{ ...BEAT, rtmp: [5] }, /^register: rtmp\.0: must be a text$/],
  [{ ...BEAT, ip: 'nowhere' }, /^register: ip: must be an IP address$/],
  [{ ...BEAT, server: '' }, /^register: server: must be 1 to 64 printable characters$/],
  [{ ...BEAT, service: 'a b' }, /^register: service: /],
  [{ ...BEAT, pid: 'x' }, /^register: pid: must be a process id in a string$/],
  [{ ...BEAT, rtmp: [] }, /^register: rtmp: must name a port/],
  [{ ...BEAT, rtmp: undefined }, /^register: rtmp: must name a port; .*ports on/],
  [{ ...BEAT, rtmp: ['1935', 'x'] }, /^register: rtmp\.1: must be port, ip:port or .*, got "x"$/],
  [{ ...BEAT, http: ['70000'] }, /^register: http\.0: /],
  [{ ...BEAT, api: ['0'] }, /^register: api\.0: /],
  [{ ...BEAT, api: ['host.name:1'] }, /^register: api\.0: /],
  [{ ...BEAT, rtc: [1] }, /^register: rtc\.0: /],
  [{ ...BEAT, srt: Array.from({ length: 17 }, () => '1') }, /^register: srt: /],
];

test('nonsense is refused in one line', () => {
  for (const [body, message] of NONSENSE) {
    const told = { code: 'ERR_PROTOCOL', message };
    assert.throws(() => readRegistration(body, true), told, JSON.stringify(body));
  }
});

test('an origin elsewhere cannot be at a loopback address', () => {
  const message = /loopback only/;
  assert.throws(() => read({ rtmp: ['127.0.0.1:1935'] }, false), { message });
  assert.throws(() => read({ ip: '127.0.0.1' }, false), { message });
  assert.equal(read({ ip: '127.0.0.1' }, true).host, '127.0.0.1');
});
