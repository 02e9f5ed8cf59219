import assert from 'node:assert/strict';
import { test } from 'node:test';
import { whoRegisters } from '../../src/check/origins.js';
import { loadConfig } from '../../src/config/load.js';

const GO_PROXY = { PROXY_SYSTEM_API: '12025' };
const TOKEN = {
  PROXY_HTTP_API_AUTH_ENABLED: 'on',
  PROXY_HTTP_API_AUTH_TYPE: 'bearer',
  PROXY_HTTP_API_AUTH_TOKEN: 'a-token-of-many-characters',
};

test('an open register is warned of by what keeps it open', async () => {
  const warned = async (env: NodeJS.ProcessEnv) =>
    whoRegisters(await loadConfig({ env })).warnings?.join('\n') ?? '';
  assert.match(await warned(GO_PROXY), /^whoever reaches listen\.admin .* origins\.from [^\n]*$/);
  assert.match(await warned({ ...GO_PROXY, ...TOKEN }), /^who may register .* origins\.hosts /);
  const hosts = { SRS_SUPERVISOR_ORIGINS_HOSTS: '10.0.0.0/8' };
  assert.equal(await warned({ ...GO_PROXY, ...TOKEN, ...hosts }), '');
  const nobody = { SRS_SUPERVISOR_CHILDREN_COUNT: '0' };
  assert.match(await warned(nobody), /^children\.count is 0 and no origin may register/);
});
