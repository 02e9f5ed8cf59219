import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { changedKeys, withKeys } from '../../src/config/changes.js';
import { EFFECTS, effectOf, restartReason } from '../../src/config/effects.js';
import { loadConfig } from '../../src/config/load.js';
import { KEYS } from '../../src/config/schema.js';
import { ROOT } from '../helpers/paths.js';

test('each key of the schema has an effect, in its order', () => {
  assert.deepEqual(Object.keys(EFFECTS), KEYS);
});

test('the table of docs/reload.md has each key with its effect', () => {
  const text = readFileSync(join(ROOT, 'docs/reload.md'), 'utf8');
  const rows = text.matchAll(/^\| `([\w.]+)` \| (\w+) \| ([^|]+) \|$/gm);
  const table = Array.from(rows, ([, key = '', effect = '', what = '']) => [key, effect, what]);
  assert.deepEqual(
    table.map(([key, effect]) => [key, effect]),
    Object.entries(EFFECTS),
  );
  for (const [key = '', effect, what] of table) {
    if (effect === 'restart') assert.equal(what, restartReason(key), key);
  }
});

/** Keys that `supervisor/reload.ts` or the readers of the present configuration handle. */
const READ_AT_USE = [
  ...[
    'srs.template',
    'publish.takeover',
    'publish.silentSeconds',
    'publish.backup',
    ...['limits.viewersPerStream', 'limits.streams', 'limits.streamsPerIp'],
    'limits.publishBitrate',
    'access.keys',
    'access.jwt.keysFile',
    'access.jwt.secretFile',
    'access.keysFile',
    'access.leewaySeconds',
    'children.count',
    'children.maxConnections',
    'http.waitSeconds',
  ],
  ...['children.maxStreams', 'children.maxBitrate', 'children.slowStartSeconds'],
  ...['children.recycle.memory', 'children.recycle.age', 'children.recycle.at'],
  ...['children.recycle.drainSeconds', 'metrics.streams'],
  ...['fanout.mode', 'fanout.from', 'fanout.seconds', 'fanout.streamMemory', 'fanout.memory'],
  ...['hls.enabled', 'hls.from', 'hls.fragmentSeconds', 'hls.windowSeconds'],
  ...['origins.ttlSeconds', 'origins.perAddress', 'origins.authFile', 'origins.fetchOnPlay'],
  ...['drain.seconds', 'origins.tokenFile', 'api.tokenFile', 'api.passwordFile', 'admin.tokenFile'],
];

test('each key that is applied has a part that applies it', () => {
  const folder = join(ROOT, 'src/supervisor');
  const texts = readdirSync(folder).map((name) => readFileSync(join(folder, name), 'utf8'));
  const named = KEYS.filter(
    (key) => key.startsWith('hooks.') || texts.some((text) => text.includes(`'${key}'`)),
  );
  const isApplied = (key: (typeof KEYS)[number]) => ['live', 'children'].includes(effectOf(key));
  const wanted = KEYS.filter((key) => isApplied(key) && !READ_AT_USE.includes(key));
  assert.deepEqual(
    wanted.filter((key) => !named.includes(key)),
    [],
  );
});

test('a configuration takes over chosen keys of another one', async () => {
  const before = await loadConfig({ env: {} });
  const env = {
    SRS_SUPERVISOR_LOG_LEVEL: 'debug',
    SRS_SUPERVISOR_LISTEN_RTMP: '1936',
    SRS_SUPERVISOR_VHOSTS: 'a.example.com=ts',
  };
  const after = await loadConfig({ env });
  const changed = ['listen.rtmp', 'vhosts', 'log.level'];
  assert.deepEqual(changedKeys(before, after), changed);
  const merged = withKeys(before, after, ['log.level', 'vhosts']);
  assert.deepEqual(changedKeys(merged, after), ['listen.rtmp']);
  assert.deepEqual(merged.log, { ...before.log, level: 'debug' });
  assert.equal(before.log.level, 'info');
});
