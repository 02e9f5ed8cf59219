import assert from 'node:assert/strict';
import { chmod, mkdtemp, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { parseGoDuration } from '../../src/config/go-duration.js';
import { loadConfig } from '../../src/config/load.js';
import type { Environment } from '../../src/config/setting.js';

const TOKEN = 'correct-horse-battery';
const AUTH = {
  PROXY_HTTP_API_AUTH_ENABLED: 'on',
  PROXY_HTTP_API_AUTH_TYPE: 'bearer',
  PROXY_HTTP_API_AUTH_TOKEN: TOKEN,
};
const ANYBODY = ['0.0.0.0/0', '::/0'];

let dotenv = '';
let folder = '';
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'go-proxy-'));
  dotenv = join(folder, '.env');
});
after(() => rm(folder, { recursive: true, force: true }));

function load(env: Environment) {
  return loadConfig({ env });
}

test('times are read as Go reads them', () => {
  const times = {
    '45s': 45,
    '2m': 120,
    '1h30m': 5400,
    '1.5h': 5400,
    '500ms': 0.5,
    '.5s': 0.5,
    '+3s': 3,
    '1m1s': 61,
  };
  for (const [text, seconds] of Object.entries(times)) assert.equal(parseGoDuration(text), seconds);
  for (const text of ['', '45', 's', '0s', '-1s', '1d', '1s ', '5 s', '1s2', 'x1s', '1..s']) {
    assert.equal(parseGoDuration(text), null, text);
  }
});

test('the lifetime of origins is a Go duration, in whole seconds', async () => {
  const { origins } = await load({ PROXY_ORIGIN_SERVER_TTL: '1m30.5s' });
  assert.equal(origins.ttlSeconds, 91);
  assert.equal((await load({ PROXY_SYSTEM_API: '12025' })).origins.ttlSeconds, 30);
  for (const value of ['0', '0s', '-3s', 'soon']) {
    await assert.rejects(load({ PROXY_ORIGIN_SERVER_TTL: value }), {
      message: `environment PROXY_ORIGIN_SERVER_TTL: must be a time above 0 such as 45s or 2m, got "${value}"`,
    });
  }
  await assert.rejects(
    load({ PROXY_ORIGIN_SERVER_TTL: '2h' }),
    /environment PROXY_ORIGIN_SERVER_TTL: origins\.ttlSeconds: .*, got 7200/,
  );
});

test('two clusters in one Redis keep apart by the prefix', async () => {
  const { cluster } = await load({ PROXY_REDIS_KEY_PREFIX: 'blue' });
  assert.equal(cluster.prefix, 'blue');
});

test('with a token heartbeats need it, from everybody and for whatever address', async () => {
  const { origins } = await load({ ...AUTH, PROXY_LOAD_BALANCER_TYPE: 'memory' });
  assert.equal(origins.token, TOKEN);
  assert.deepEqual(origins.from, []);
  assert.deepEqual(origins.hosts, ANYBODY);
  const off = await load({ ...AUTH, PROXY_HTTP_API_AUTH_ENABLED: 'off' });
  assert.equal(off.origins.token, null);
});

test('who names senders or hosts has those and no others', async () => {
  const own = { ...AUTH, SRS_SUPERVISOR_ORIGINS_HOSTS: '10.0.0.0/8' };
  const { origins } = await load(own);
  assert.deepEqual([origins.from, origins.hosts], [[], ['10.0.0.0/8']]);
});

test('what the proxy does not start with is refused', async () => {
  const cases: [Environment, RegExp][] = [
    [
      { PROXY_HTTP_API_AUTH_TYPE: 'basic' },
      /^environment PROXY_HTTP_API_AUTH_TYPE: must be bearer, got "basic"$/,
    ],
    [{ PROXY_HTTP_API_AUTH_TYPE: undefined }, /_TYPE: must be bearer, got ""$/],
    [
      { PROXY_HTTP_API_AUTH_TOKEN: '' },
      /_TOKEN: must be set where PROXY_HTTP_API_AUTH_ENABLED is on/,
    ],
    [
      { PROXY_HTTP_API_AUTH_TOKEN: 'short' },
      /environment PROXY_HTTP_API_AUTH_TOKEN: origins\.token: .*not shown/,
    ],
  ];
  for (const [change, message] of cases) {
    await assert.rejects(load({ ...AUTH, ...change }), (error: Error) => {
      assert.match(error.message, message);
      assert.doesNotMatch(error.message, /correct-horse|short/);
      return true;
    });
  }
});

test('a .env file is read, ours of it, below what is set', async () => {
  await writeFile(
    dotenv,
    [
      '# of the proxy',
      'export PROXY_RTMP_SERVER=2935',
      'PROXY_HTTP_SERVER="2080" # quoted',
      "SRS_SUPERVISOR_LISTEN_API='2985'",
      'PROXY_WEBRTC_SERVER=1',
      'SRS_LISTEN=7',
      'NODE_OPTIONS=--inspect',
    ].join('\n'),
  );
  const { listen } = await loadConfig({ env: { PROXY_WEBRTC_SERVER: '2000' }, dotenv });
  assert.deepEqual(
    [listen.rtmp, listen.http, listen.api, listen.rtc].map((address) => address?.port),
    [2935, 2080, 2985, 2000],
  );
  assert.equal(process.env.SRS_LISTEN, undefined);
});

test('a bad .env is named, a missing one is none', async () => {
  await writeFile(dotenv, 'PROXY_RTMP_SERVER=x');
  await assert.rejects(
    loadConfig({ env: {}, dotenv }),
    /^SupervisorError: \.env PROXY_RTMP_SERVER: listen\.rtmp: must be a port/,
  );
  await writeFile(dotenv, '#'.repeat(70_000));
  await assert.rejects(loadConfig({ env: {}, dotenv }), /\.env: must be 65536 bytes at most/);
  // No machine could hold it in memory.
  await truncate(dotenv, 2 ** 40);
  await assert.rejects(loadConfig({ env: {}, dotenv }), /\.env: must be 65536 bytes at most/);
  const missing = join(folder, 'none');
  assert.equal((await loadConfig({ env: {}, dotenv: missing })).listen.rtmp.port, 1935);
});

test('a .env that may not be read stops the start', {
  skip: process.getuid?.() === 0 && 'root may read all',
}, async () => {
  await writeFile(dotenv, '');
  await chmod(dotenv, 0);
  await assert.rejects(loadConfig({ env: {}, dotenv }), /\.env: cannot be read/);
});
