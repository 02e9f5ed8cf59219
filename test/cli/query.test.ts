import assert from 'node:assert/strict';
import { test } from 'node:test';
import { AdminServer } from '../../src/admin/server.js';
import { childrenText, runQuery, statusText, streamsText } from '../../src/cli/query.js';
import { CHILDREN, STATUS, source } from '../admin/fixtures.js';
import { key } from '../helpers/stream-key.js';

const NOW = 100_000;

test('status', () => {
  assert.equal(
    statusText(STATUS, NOW),
    [
      'state        ready, for 1d 2h',
      'version      0.1.0, pid 4711',
      'srs          srs 7.0.18 (/usr/local/srs/objs/srs)',
      'relay        native, 1 thread',
      'children     1 of 2 ready',
      '             c002 failed for 5s: exit code 3',
      'streams      1',
      'connections  3, players that wait: 1',
      'traffic      1.5 MB in, 3 GB out',
      'rtmp         1935 (tcp)',
      'admin        127.0.0.1:12025 (tcp)',
      '',
    ].join('\n'),
  );
});

test('status says what went wrong, where something has', () => {
  const text = statusText({ ...STATUS, unforeseenErrors: 2, logLinesDropped: 30 }, NOW);
  assert.match(text, /^errors {7}2 unforeseen: see the log$/m);
  assert.match(text, /^log {10}30 lines dropped: nobody took them$/m);
});

test('status names origins that are not let in', () => {
  const refused = [{ from: '10.0.0.9', reason: 'register: no', times: 12, at: 0 }];
  const text = statusText({ ...STATUS, origins: { mayRegister: true, refused } }, NOW);
  assert.match(text, /^refused {6}10\.0\.0\.9, 12 times: register: no$/m);
});

test('children fit a terminal', () => {
  const lines = childrenText(CHILDREN, NOW, 80).trimEnd().split('\n');
  assert.deepEqual(lines, [
    'CHILD  STATE   PID  CPUS    CPU  MEMORY  STREAMS  CLIENTS  RESTARTS',
    'c001   ready   101  2-4,66  12%   23 MB        1        3         2',
    'c002   failed    -  -        0%     0 B        0        0         8',
    '',
    'c002 failed for 5s: exit code 3',
    'c001: last error 1m ago: killed by SIGKILL',
    'c002: last error 5s ago: exited with code 234 within 40 ms: Address already in',
    '  use, is another SRS there?',
  ]);
  assert.match(childrenText(CHILDREN, NOW, 200), /is another SRS there\?$/m);
});

test('streams', () => {
  const rows = [
    { stream: key('v/live/s\u001b[2J'), child: 'c001', publishing: true, clients: 3, since: 1_000 },
  ];
  assert.equal(
    streamsText(rows, 66_000, 80),
    'STREAM        CHILD  PUBLISHING  CLIENTS    FOR\n' +
      'v/live/s?[2J  c001   yes               3  1m 5s\n',
  );
  assert.equal(streamsText([], 0, 80), 'no streams\n');
});

test('asks a running supervisor, as text or as JSON', async () => {
  const server = new AdminServer({ address: { host: '127.0.0.1', port: 0 }, source: source() });
  await server.start();
  const address = { host: '127.0.0.1', port: server.address().port };
  const ask = (kind: 'status' | 'children' | 'streams', json: boolean) =>
    runQuery({ kind, address, token: null, json, width: 80 });
  assert.match(await ask('status', false), /^children {5}1 of 2 ready$/m);
  assert.match(await ask('children', false), /^c002 failed for \d+d /m);
  assert.match(await ask('streams', false), /^STREAM .*\nv\/live\/s /);
  assert.deepEqual(JSON.parse(await ask('children', true)), CHILDREN);
  await server.close();
  await assert.rejects(ask('status', true), { code: 'ERR_ADMIN' });
});
