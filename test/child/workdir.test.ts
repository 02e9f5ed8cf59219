import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { recordChild, removeLeftovers } from '../../src/child/leftovers.js';
import { readProcess } from '../../src/child/process.js';
import { openWorkDir } from '../../src/child/workdir.js';
import { cleanup, isGone, tempDir } from './helpers.js';

test('a work directory is ours alone while we hold it', async (t) => {
  const path = join(await tempDir(t), 'deep/run');
  const workDir = await openWorkDir(path);
  assert.equal((await stat(path)).mode & 0o777, 0o700);
  await assert.rejects(openWorkDir(path), {
    code: 'ERR_LOCKED',
    message: `workDir: ${path} is in use by pid ${process.pid}: stop that supervisor, or use another workDir`,
  });
  await workDir.release();
  await (await openWorkDir(path)).release();
  assert.deepEqual((await readdir(path)).sort(), ['conf', 'hls', 'html', 'logs', 'pids']);
});

test('the lock of a dead or recycled process, or half of one, is taken over', async (t) => {
  const path = await tempDir(t);
  const startTicks = (await readProcess(process.pid))?.startTicks;
  assert.ok(startTicks);
  const stale = [
    JSON.stringify({ pid: 2 ** 22 - 1, startTicks }),
    JSON.stringify({ pid: process.pid, startTicks: startTicks - 1 }),
    '{"pid":',
    '',
  ];
  for (const text of stale) {
    await writeFile(join(path, 'supervisor.lock'), text);
    const workDir = await openWorkDir(path);
    const held = JSON.parse(await readFile(join(path, 'supervisor.lock'), 'utf8'));
    assert.deepEqual(held, { pid: process.pid, startTicks });
    await workDir.release();
  }
});

test('of many that want a stale lock one gets it, and nothing else is left', async (t) => {
  const path = await tempDir(t);
  for (let round = 0; round < 20; round++) {
    await writeFile(join(path, 'supervisor.lock'), '{}');
    const results = await Promise.allSettled(Array.from({ length: 8 }, () => openWorkDir(path)));
    const won = results.filter(({ status }) => status === 'fulfilled');
    assert.equal(won.length, 1);
    const locks = (await readdir(path)).filter((name) => name.startsWith('supervisor.lock'));
    assert.deepEqual(locks, ['supervisor.lock']);
  }
});

test('a lock is taken over from one that died while it took it over', async (t) => {
  const path = await tempDir(t);
  const dead = { pid: 2 ** 22 - 1, startTicks: 1 };
  const succession = `supervisor.lock.${dead.pid}-${dead.startTicks}`;
  await writeFile(join(path, 'supervisor.lock'), JSON.stringify(dead));
  await writeFile(join(path, succession), JSON.stringify({ ...dead, startTicks: 2 }));
  await (await openWorkDir(path)).release();
  const locks = (await readdir(path)).filter((name) => name.startsWith('supervisor.lock'));
  assert.deepEqual(locks, []);
});

test('a directory that cannot be used is an error that names the key', async (t) => {
  const file = join(await tempDir(t), 'file');
  await writeFile(file, '');
  await assert.rejects(openWorkDir(join(file, 'run')), {
    code: 'ERR_CONFIG',
    message: /^workDir: cannot use .*ENOTDIR/,
  });
});

test('only what still runs our config is killed', async (t) => {
  const workDir = await openWorkDir(await tempDir(t));
  cleanup(t, () => workDir.release());
  const run = (...args: string[]) => {
    const code = 'setInterval(() => {}, 1000)';
    const child = spawn(process.execPath, ['-e', code, '--', ...args], { detached: true });
    cleanup(t, () => child.kill('SIGKILL'));
    return child;
  };
  const ours = run('-c', workDir.conf('c001'));
  const other = run('-c', workDir.conf('c009'));
  const recycled = run('-c', workDir.conf('c003'));
  await Promise.all([ours, other, recycled].map((child) => once(child, 'spawn')));
  await recordChild(workDir, 'c001', ours.pid!);
  await recordChild(workDir, 'c002', other.pid!);
  const record = { pid: recycled.pid, startTicks: 1, conf: workDir.conf('c003') };
  await writeFile(workDir.record('c003'), JSON.stringify(record));
  await writeFile(workDir.record('c004'), '{"pid":');
  await writeFile(workDir.pid('c005'), '1');
  assert.equal(await removeLeftovers(workDir), 1);
  assert.ok(await isGone(ours.pid!));
  assert.ok(!(await isGone(other.pid!)));
  assert.ok(!(await isGone(recycled.pid!)));
  assert.deepEqual(await readdir(workDir.pids), []);
});
