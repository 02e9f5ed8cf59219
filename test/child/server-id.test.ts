import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { serverIdOf } from '../../src/child/server-id.js';
import { tempDir } from './helpers.js';

test('a server id is kept by the start that serves, and by no other', async (t) => {
  const workDir = join(await tempDir(t), 'run');
  const first = await serverIdOf(workDir, { serverId: null });
  assert.match(first.id, /^vid-\w{7}$/);
  assert.ok(!existsSync(workDir));
  await first.keep();
  const second = await serverIdOf(workDir, { serverId: null });
  assert.equal(second.id, first.id);
  await second.keep();
  const named = await serverIdOf(workDir, { serverId: 'mine' });
  await named.keep();
  assert.equal(named.id, 'mine');
  assert.equal((await serverIdOf(workDir, { serverId: null })).id, first.id);
});
