import assert from 'node:assert/strict';
import { chmod, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { adminOf, type Running, RunningList } from '../../src/cli/running.js';
import { tempDir } from '../child/helpers.js';

test('a supervisor is on the list for as long as it lives', async (t) => {
  const runtime = await tempDir(t);
  const list = new RunningList({ XDG_RUNTIME_DIR: runtime });
  assert.deepEqual(await list.list(), []);
  const remove = await list.add('/run/a', '127.0.0.1:1');
  const folder = join(runtime, 'srs-supervisor');
  const dead = { pid: 2 ** 22 - 1, startTicks: 1, workDir: '/run/b', admin: '127.0.0.1:2' };
  await writeFile(join(folder, 'dead.json'), JSON.stringify(dead));
  const recycled = { ...dead, pid: process.pid };
  await writeFile(join(folder, 'recycled.json'), JSON.stringify(recycled));
  await writeFile(join(folder, 'half.json'), '{"pid":');
  const [only, ...more] = await list.list();
  assert.deepEqual(more, []);
  assert.deepEqual([only?.workDir, only?.admin], ['/run/a', '127.0.0.1:1']);
  await remove();
  assert.ok(!(await readdir(folder)).includes(`${process.pid}.json`));
});

test('a folder that others may write is not believed', async (t) => {
  const runtime = await tempDir(t);
  const list = new RunningList({ XDG_RUNTIME_DIR: runtime });
  await list.add('/run/a', '127.0.0.1:1');
  await chmod(join(runtime, 'srs-supervisor'), 0o777);
  assert.deepEqual(await list.list(), []);
});

const running = (workDir: string, port: number): Running => ({
  ...{ pid: 1, startTicks: 1, workDir },
  admin: `127.0.0.1:${port}`,
});

test('the supervisor of this directory is meant, else the only one', () => {
  const [one, other] = [running('/run/a', 1), running('/run/b', 2)];
  assert.equal(adminOf([], '/run/a'), null);
  assert.deepEqual(adminOf([one], '/run/z'), { host: '127.0.0.1', port: 1 });
  assert.deepEqual(adminOf([one, other], '/run/b'), { host: '127.0.0.1', port: 2 });
  assert.equal(
    adminOf([one, other], '/run/z'),
    'several supervisors run, name one: --admin 127.0.0.1:1 (workDir /run/a), --admin 127.0.0.1:2 (workDir /run/b)',
  );
});
