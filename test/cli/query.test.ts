import assert from 'node:assert/strict';
import { test } from 'node:test';
import { AdminServer } from '../../src/admin/server.js';
import type { StreamRow } from '../../src/admin/types.js';
import { choose } from '../../src/cli/list.js';
import {
  CHILDREN as CHILDREN_LIST,
  CLIENTS as CLIENTS_LIST,
  childrenText,
  clientsText,
  STREAMS as STREAMS_LIST,
  shortName,
  streamsText,
} from '../../src/cli/lists.js';
import { PLAIN } from '../../src/cli/paint.js';
import { type Query, runQuery } from '../../src/cli/query.js';
import { statusText } from '../../src/cli/status-text.js';
import { NO_SCREEN } from '../../src/cli/table.js';
import { BOXES, CHILDREN, CLIENTS, STATUS, STREAMS, source } from '../admin/fixtures.js';
import { key } from '../helpers/stream-key.js';

const NOW = 100_000;
const SCREEN = { width: 80, paint: PLAIN };
const [STREAM] = STREAMS as [StreamRow];
const [CLIENT] = CLIENTS;
assert.ok(CLIENT);

const NO_FAILURES = {
  ...{ silent: 0, invalid: 0, left: 0, 'no-child': 0, child: 0, access: 0 },
  ...{ hook: 0, full: 0, shed: 0, registry: 0, internal: 0 },
};

test('status', () => {
  const clients = {
    ...{ accepted: 12, relayed: 3, refused: 2 },
    refusedBy: { connections: 2, connectionsPerIp: 0 },
    failed: { ...NO_FAILURES, invalid: 2, left: 1 },
  };
  const [rtmp, admin] = STATUS.listeners;
  assert.ok(rtmp && admin);
  const listeners = [{ ...rtmp, clients } as typeof rtmp, admin];
  assert.equal(
    statusText({ ...STATUS, listeners }, NOW),
    [
      'state     ready, for 1d 2h',
      'version   0.1.0, pid 4711, relay native with 1 thread',
      'srs       srs 7.0.18 (/usr/local/srs/objs/srs)',
      'children  1 of 2 ready',
      '          c002 failed for 5s: exit code 3',
      'streams   1, with 3 connections, 1 player that waits',
      'traffic   1.5 MB in, 3 GB out',
      '',
      'PORT   ADDRESS              ACCEPTED  REFUSED  FAILED',
      'rtmp   1935 tcp                   12        2  2 invalid, 1 left',
      'admin  127.0.0.1:12025 tcp         -        -',
      '',
    ].join('\n'),
  );
});

test('status says what went wrong, where something has', () => {
  const text = statusText({ ...STATUS, unforeseenErrors: 2, logLinesDropped: 30 }, NOW);
  assert.match(text, /^errors {4}2 unforeseen: see the log$/m);
  const fullDisk = { free: 0, total: 1_000_000 };
  assert.match(
    statusText({ ...STATUS, fullDisk }, NOW),
    /^disk {6}full: 0 B free of 1 MB where the work directory is; make room$/m,
  );
  assert.match(text, /^log {7}30 lines dropped: nobody took them$/m);
});

test('status lists the boxes of a cluster, and what each carries', () => {
  const text = statusText({ ...STATUS, boxes: BOXES }, NOW, SCREEN);
  assert.match(text, /^boxes {5}3$/m);
  const [titles, ...lines] = text
    .slice(text.indexOf('\nBOX ') + 1)
    .trimEnd()
    .split('\n');
  assert.match(titles ?? '', /^BOX +STATE +CHILDREN +CPU +STREAMS +CLIENTS +OUT$/);
  const [own, other, older] = lines.map((line) => line.split(/ {2,}/));
  const load = ['ready', '3/4', '42%', '12', '345', '1.5 Gbit/s'];
  assert.deepEqual(own, ['10.0.0.1 (this one)', ...load]);
  assert.deepEqual(other?.slice(0, 4), ['10.0.0.2', 'draining', '8/8', '3%']);
  assert.deepEqual(older, ['10.0.0.3', '-', '-', '-', '-', '-', '-']);
  for (const line of lines) assert.ok(line.length <= 80, line);
  const old = { own: false, load: null };
  const many = Array.from({ length: 20 }, (_, i) => ({ ...old, id: `${i}`, host: `h${i}` }));
  const cut = statusText({ ...STATUS, boxes: [...BOXES.slice(0, 2), ...many] }, NOW);
  assert.match(cut, /^and 16 others: srs-supervisor top shows all boxes$/m);
  assert.equal(statusText(STATUS, NOW).includes('BOX'), false);
});

test('status names origins that are not let in', () => {
  const refused = [{ from: '10.0.0.9', reason: 'register: no', times: 12, at: 0 }];
  const text = statusText({ ...STATUS, origins: { mayRegister: true, refused } }, NOW);
  assert.match(text, /^refused {3}10\.0\.0\.9, 12 times: register: no$/m);
});

test('status is one screen, however much is wrong', () => {
  const [note] = STATUS.children.notes;
  const [listener] = STATUS.listeners;
  assert.ok(note && listener);
  const refusal = { from: '10.0.0.9', reason: 'register: no', times: 12, at: 0 };
  const clients = {
    ...{ accepted: 1, relayed: 0, refused: 0 },
    refusedBy: { connections: 0, connectionsPerIp: 0 },
    failed: { ...NO_FAILURES, silent: 1, invalid: 1 },
  };
  const text = statusText(
    {
      ...STATUS,
      children: { ...STATUS.children, notes: Array.from({ length: 10 }, () => note) },
      listeners: Array.from({ length: 9 }, () => ({ ...listener, clients }) as typeof listener),
      origins: { mayRegister: true, refused: [refusal] },
    },
    NOW,
    SCREEN,
  );
  assert.ok(text.trimEnd().split('\n').length < 24, text);
  assert.match(text, /^ {10}and others: srs-supervisor children names them$/m);
});

test('children fit a terminal', () => {
  const lines = childrenText(CHILDREN, NOW, SCREEN).trimEnd().split('\n');
  assert.deepEqual(lines, [
    'CHILD  STATE   PID  CPUS    CPU  MEMORY  STREAMS  CLIENTS   BITRATE  RESTARTS',
    'c001   ready   101  2-4,66  12%   23 MB        1        3  4 Mbit/s         2',
    'c002   failed    -  -        0%     0 B        0        0   0 bit/s         8',
    '',
    'c002 failed for 5s: exit code 3',
    'c001: last error 1m ago: killed by SIGKILL',
    'c002: last error 5s ago: exited with code 234 within 40 ms: Address already in',
    '  use, is another SRS there?',
  ]);
  assert.match(childrenText(CHILDREN, NOW, NO_SCREEN), /is another SRS there\?$/m);
  const narrow = childrenText(CHILDREN, NOW, { width: 72, paint: PLAIN });
  assert.match(narrow, /^CHILD {2}STATE {3}PID .*RESTARTS$/m);
  assert.doesNotMatch(narrow, /BITRATE/);
});

test('streams', () => {
  const rows = [{ ...STREAM, stream: key('v/live/s\u001b[2J') }];
  assert.equal(
    streamsText(rows, 66_000, SCREEN),
    'STREAM        CHILD  PUBLISHER        CLIENTS     BITRATE    FOR\n' +
      'v/live/s?[2J  c001   192.0.2.7:50000        3  2.5 Mbit/s  1m 5s\n',
  );
  assert.equal(streamsText([], 0, SCREEN), 'no streams\n');
});

test('a stream whose viewers share a connection says so below the table', () => {
  const fanout = { viewers: 97, feeds: 2, skipped: 3, ringBytes: 2_100_000 };
  const text = streamsText([{ ...STREAM, fanout }], 66_000, NO_SCREEN);
  const note = '97 viewers share 2 connections to c001, 2.1 MB kept, 3 times one fell behind\n';
  assert.ok(text.endsWith(`\n\n${shortName(STREAM.stream)}: ${note}`), text);
});

test('streams of other boxes have the host of their box', () => {
  const none = { publisher: null, bitrate: null };
  const rows = [
    { ...STREAM, stream: key('__defaultVhost__/live/here') },
    { ...STREAM, ...none, stream: key('__defaultVhost__/live/there'), box: 'b2' },
    { ...STREAM, ...none, stream: key('v/live/waits'), publishing: false },
    { ...STREAM, ...none, stream: key('v/live/ingest') },
  ];
  assert.equal(
    streamsText(rows, 2_000, SCREEN, new Map([['b2', '10.0.0.2']])),
    [
      'STREAM         BOX       CHILD  PUBLISHER        CLIENTS     BITRATE  FOR',
      'live/here      this one  c001   192.0.2.7:50000        3  2.5 Mbit/s   1s',
      'live/there     10.0.0.2  c001   on its box             3           -   1s',
      'v/live/waits   this one  c001   none                   3           -   1s',
      'v/live/ingest  this one  c001   in the child           3           -   1s',
      '',
    ].join('\n'),
  );
});

test('a box without streams says so of itself alone', () => {
  const hosts = new Map([
    ['a', '10.0.0.1'],
    ['b', '10.0.0.2'],
  ]);
  assert.match(streamsText([], 0, SCREEN, hosts), /^no streams on this box, /);
});

test('clients', () => {
  const waiting = { ...CLIENT, id: '000008', role: 'play' as const, child: null };
  assert.equal(
    clientsText([CLIENT, waiting], 66_000, SCREEN),
    [
      'CLIENT  ADDRESS          PORT  ROLE     STREAM    CHILD  BYTES    FOR',
      '000007  192.0.2.7:50000  rtmp  publish  v/live/s  c001   10 MB  1m 5s',
      '000008  192.0.2.7:50000  rtmp  play     v/live/s  waits   20 B  1m 5s',
      '',
    ].join('\n'),
  );
  assert.equal(clientsText([], 0, SCREEN), 'no clients\n');
});

test('numbers are ordered from the highest down, texts from a up, and both can be reversed', () => {
  const rows = [
    { ...STREAM, stream: key('v/a/one'), clients: 2, bitrate: 10 },
    { ...STREAM, stream: key('v/a/two'), clients: 30, bitrate: null },
    { ...STREAM, stream: key('v/a/abc'), clients: 4, bitrate: 99 },
  ];
  const order = (choice: object) =>
    choose(rows, STREAMS_LIST, choice, NOW).map(({ stream }) => stream.slice(4));
  assert.deepEqual(order({}), ['one', 'two', 'abc']);
  assert.deepEqual(order({ sort: 'clients' }), ['two', 'abc', 'one']);
  assert.deepEqual(order({ sort: 'bitrate' }), ['abc', 'one', 'two']);
  assert.deepEqual(order({ sort: 'stream' }), ['abc', 'one', 'two']);
  assert.deepEqual(order({ sort: 'stream', reverse: true }), ['two', 'one', 'abc']);
  assert.deepEqual(order({ sort: 'clients', limit: '1' }), ['two']);
});

test('each column orders, and nothing else does', () => {
  for (const { columns } of [CHILDREN_LIST, STREAMS_LIST, CLIENTS_LIST]) {
    const titles = columns.map(({ title }) => title.toLowerCase());
    assert.deepEqual(
      columns.map(({ key: name }) => name),
      titles,
    );
  }
  for (const { key: sort } of CHILDREN_LIST.columns) {
    assert.equal(choose(CHILDREN, CHILDREN_LIST, { sort }, NOW).length, 2);
  }
  for (const { key: sort } of CLIENTS_LIST.columns) {
    assert.equal(choose(CLIENTS, CLIENTS_LIST, { sort }, NOW).length, 1);
  }
  assert.throws(() => choose(STREAMS, STREAMS_LIST, { sort: 'size' }, NOW), {
    code: 'ERR_USAGE',
    message: '--sort: must be one of stream, child, publisher, clients, bitrate, for, got "size"',
  });
  assert.throws(() => choose(STREAMS, STREAMS_LIST, { limit: '0' }, NOW), { code: 'ERR_USAGE' });
});

test('filters', () => {
  const streams = [STREAM, { ...STREAM, stream: key('v/live/x'), child: 'c002' }];
  const kept = (filters: Record<string, string | undefined>) =>
    choose(streams, STREAMS_LIST, { filters }, NOW).length;
  assert.equal(kept({ child: 'c002' }), 1);
  assert.equal(kept({ stream: 'live/' }), 2);
  assert.equal(kept({ stream: 'live/x', child: 'c001' }), 0);
  assert.equal(kept({ child: undefined }), 2);
  // Another box has children of the same names.
  const far = [{ ...STREAM, box: 'b' }];
  assert.deepEqual(choose(far, STREAMS_LIST, { filters: { child: 'c001' } }, NOW), []);
  const states = (state: string) =>
    choose(CHILDREN, CHILDREN_LIST, { filters: { state } }, NOW).map(({ id }) => id);
  assert.deepEqual(states('failed'), ['c002']);
  const six = { ...CLIENT, client: '[2001:db8::1]:4000', role: 'play' as const };
  const session = { ...CLIENT, client: '2001:db8::1', role: 'play' as const };
  const clients = (filters: Record<string, string | undefined>) =>
    choose([CLIENT, six, session], CLIENTS_LIST, { filters }, NOW).length;
  assert.equal(clients({ ip: '2001:db8::1' }), 2);
  assert.equal(clients({ ip: '192.0.2.7' }), 1);
  assert.equal(clients({ ip: '192.0.2' }), 0);
  assert.equal(clients({ role: 'publish' }), 1);
});

test('asks a running supervisor, as text or as JSON', async () => {
  const server = new AdminServer({ address: { host: '127.0.0.1', port: 0 }, source: source() });
  await server.start();
  const address = { host: '127.0.0.1', port: server.address().port };
  const ask = (kind: Query['kind'], json: boolean, choice = {}) =>
    runQuery({ kind, choice, port: { address, token: null }, json, screen: SCREEN });
  assert.match(await ask('status', false), /^children {2}1 of 2 ready$/m);
  assert.match(await ask('children', false), /^c002 failed for \d+d /m);
  assert.match(await ask('streams', false), /^STREAM .*\nv\/live\/s /);
  assert.match(await ask('clients', false), /^CLIENT .*\n000007 /);
  assert.deepEqual(JSON.parse(await ask('children', true)), CHILDREN);
  const failed = { filters: { state: 'failed' } };
  assert.deepEqual(JSON.parse(await ask('children', true, failed)), CHILDREN.slice(1));
  await server.close();
  await assert.rejects(ask('status', true), { code: 'ERR_ADMIN' });
});
