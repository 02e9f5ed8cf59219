import assert from 'node:assert/strict';
import { test } from 'node:test';
import { countFailure, restartDelay, STABLE_MS } from '../../src/child/backoff.js';
import { childEnvironment } from '../../src/child/environment.js';
import { reasonIn } from '../../src/child/reason.js';
import { move } from '../../src/child/state.js';
import type { ChildState } from '../../src/child/types.js';

test('the first restart is almost at once, later ones wait longer, up to a cap', () => {
  for (const jitter of [0, 0.5, 0.999]) assert.ok(restartDelay(1, jitter) <= 200);
  const delays = [2, 3, 4, 5].map((failures) => restartDelay(failures, 1));
  assert.deepEqual(delays, [500, 1000, 2000, 4000]);
  assert.equal(restartDelay(1000, 1), 30_000);
  assert.equal(restartDelay(1000, 0), 15_000);
});

test('failures count in a row, until a child was ready for a while', () => {
  assert.equal(countFailure(0, 10), 1);
  assert.equal(countFailure(4, STABLE_MS - 1), 5);
  assert.equal(countFailure(4, STABLE_MS), 1);
  assert.equal(countFailure(4, Number.NEGATIVE_INFINITY), 5);
});

test('a child moves along its table only', () => {
  const path: ChildState[] = ['ready', 'failed', 'starting', 'ready', 'draining', 'ready'];
  path.push('stopping', 'stopped');
  assert.equal(path.reduce<ChildState>(move, 'starting'), 'stopped');
  assert.equal(move('failed', 'broken'), 'broken');
  assert.throws(() => move('stopped', 'ready'), /from stopped to ready/);
  assert.throws(() => move('ready', 'ready'));
  assert.throws(() => move('stopping', 'draining'));
  assert.throws(() => move('broken', 'ready'));
});

test('a child sees nothing of ours that could steer it', () => {
  const env = {
    PATH: '/bin',
    HOME: '/root',
    LANG: 'C',
    LC_ALL: 'C',
    TZ: 'UTC',
    SRS_LISTEN: '1935',
    srs_listen: '1935',
    NOTIFY_SOCKET: '/run/x',
    NODE_OPTIONS: '--inspect',
    PROXY_RTMP_SERVER: '1',
    TMPDIR: undefined,
  };
  const expected = { PATH: '/bin', HOME: '/root', LANG: 'C', LC_ALL: 'C', TZ: 'UTC' };
  assert.deepEqual(childEnvironment(env), expected);
});

test("SRS's reason is found among its lines", () => {
  const line = (level: string, text: string) =>
    `[2026-11-22 23:34:37.662][${level}][23893][y96u9146]${level === 'ERROR' ? '[98]' : ''} ${text}`;
  assert.equal(reasonIn(''), '');
  assert.equal(reasonIn('no luck\n\n'), 'no luck');
  assert.equal(reasonIn(`${line('INFO', 'a')}\n${line('INFO', 'bye')}`), 'bye');
  const failed = `\x1b[31m${line('ERROR', 'Failed, code=1002')}\nthread [1][x]: main()\n\x1b[0m`;
  assert.equal(
    reasonIn(`${line('INFO', 'a')}\n${failed}${line('INFO', 'b')}`),
    'Failed, code=1002',
  );
  const refused = line('INFO', 'invalid configcode=1023(ConfigInvalid) : check : illegal foo');
  assert.equal(reasonIn(`${refused}\n${line('INFO', 'test is failed')}`), 'check : illegal foo');
  assert.equal(reasonIn('x'.repeat(1000)).length, 300);
});
