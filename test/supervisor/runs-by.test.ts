import assert from 'node:assert/strict';
import { test } from 'node:test';
import { NO_TEMPLATE } from '../../src/child/template.js';
import { changedKeys } from '../../src/config/changes.js';
import { loadConfig } from '../../src/config/load.js';
import { runsBy } from '../../src/supervisor/runs-by.js';
import { decodeHandover, encodeHandover } from '../../src/upgrade/document.js';

const ABOUT = {
  ...{ version: '1.0.0', script: '/x', upgrades: 1, isEnding: false, stoppedAt: 0 },
  ...{ cut: {}, descriptors: [] },
};
const NEW = {
  SRS_SUPERVISOR_LISTEN_RTMP: '1936',
  SRS_SUPERVISOR_WORK_DIR: '/tmp/other',
  SRS_SUPERVISOR_CHILDREN_COUNT: '7',
  SRS_SUPERVISOR_RELAY_THREADS: '3',
};

test('a program that follows takes what its children allow, one that comes back nothing', async () => {
  const running = { config: await loadConfig({ env: {} }), template: NO_TEMPLATE };
  const read = () => loadConfig({ env: NEW });
  const after = (failure: string | null, parts: object = { running }) =>
    runsBy(decodeHandover(encodeHandover({ ...ABOUT, failure, parts: { ...parts } })), read);
  const next = await after(null);
  assert.deepEqual(changedKeys(running.config, next.config), ['listen.rtmp']);
  assert.equal(next.template, null);
  const back = await after('no port');
  assert.deepEqual(changedKeys(running.config, back.config), []);
  assert.deepEqual(back.template, NO_TEMPLATE);
  for (const alone of [await runsBy(null, read), await after(null, {})]) {
    assert.equal(alone.config.relay.threads, 3);
  }
});
