import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdir, readFile, readlink, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { recordChild, removeLeftovers } from '../../src/child/leftovers.js';
import { acquireLock } from '../../src/child/lock.js';
import { readProcess } from '../../src/child/process.js';
import { openWorkDir } from '../../src/child/workdir.js';
import { inPidNamespace, NO_PID_NAMESPACES } from '../helpers/pid-namespace.js';
import { cleanup, isGone, tempDir, until } from './helpers.js';

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

/** Text of a lock of this process without a flock: others then judge it by its pid. */
async function ownLock(): Promise<Record<string, unknown>> {
  const startTicks = (await readProcess(process.pid))?.startTicks;
  const boot = (await readFile('/proc/sys/kernel/random/boot_id', 'utf8')).trim();
  const namespace = await readlink('/proc/self/ns/pid');
  return { pid: process.pid, startTicks, boot, namespace, flock: false };
}

test('the lock of a dead or recycled process, or half of one, is taken over', async (t) => {
  const path = await tempDir(t);
  const own = await ownLock();
  const stale = [
    JSON.stringify({ ...own, pid: 2 ** 22 - 1 }),
    JSON.stringify({ ...own, startTicks: 1 }),
    JSON.stringify({ ...own, boot: 'another boot' }),
    // Its flock is free, so it is dead, whatever runs under its pid here.
    JSON.stringify({ ...own, flock: true }),
    JSON.stringify({ ...own, flock: true, namespace: 'pid:[1]' }),
    '{"pid":',
    '',
  ];
  for (const text of stale) {
    await writeFile(join(path, 'supervisor.lock'), text);
    const workDir = await openWorkDir(path);
    const held = JSON.parse(await readFile(join(path, 'supervisor.lock'), 'utf8'));
    assert.deepEqual(held, { ...own, flock: true });
    await workDir.release();
  }
});

test('where a holder has no flock, its pid tells, and a pid of elsewhere is not guessed at', async (t) => {
  const path = await tempDir(t);
  const own = await ownLock();
  await writeFile(join(path, 'supervisor.lock'), JSON.stringify(own));
  await assert.rejects(openWorkDir(path), { code: 'ERR_LOCKED', message: /in use by pid \d+:/ });
  const elsewhere = { ...own, namespace: 'pid:[1]' };
  await writeFile(join(path, 'supervisor.lock'), JSON.stringify(elsewhere));
  await assert.rejects(openWorkDir(path), {
    code: 'ERR_LOCKED',
    message: /may be in use by pid \d+ of another PID namespace .* cannot be seen from here/,
  });
  assert.equal(await readFile(join(path, 'supervisor.lock'), 'utf8'), JSON.stringify(elsewhere));
});

test('without flock a living holder is told by its pid, and a dead one succeeded', async (t) => {
  const path = join(await tempDir(t), 'supervisor.lock');
  const none = async () => null;
  const lock = await acquireLock(path, none);
  await assert.rejects(acquireLock(path, none), { code: 'ERR_LOCKED' });
  await assert.rejects(acquireLock(path), { code: 'ERR_LOCKED' });
  await lock.release();
  await writeFile(path, JSON.stringify({ ...(await ownLock()), pid: 2 ** 22 - 1 }));
  const next = await acquireLock(path, none);
  assert.equal(await next.isHeld(), true);
  await next.release();
});

test('a work directory that was removed is made again, and locked again', async (t) => {
  const path = join(await tempDir(t), 'run');
  const workDir = await openWorkDir(path);
  assert.equal(await workDir.renew(), false);
  await rm(path, { recursive: true });
  assert.equal(await workDir.isOurs(), false);
  const answers = await Promise.all([workDir.renew(), workDir.renew(), workDir.renew()]);
  assert.deepEqual(answers, [true, false, false]);
  assert.deepEqual((await readdir(path)).sort(), [
    ...['conf', 'hls', 'html', 'logs', 'pids'],
    'supervisor.lock',
  ]);
  await rm(workDir.pids, { recursive: true });
  assert.equal(await workDir.renew(), true);
  await assert.rejects(openWorkDir(path), { code: 'ERR_LOCKED' });
  await workDir.release();
});

test('a path that another supervisor has taken meanwhile is left to it', async (t) => {
  const path = join(await tempDir(t), 'run');
  const [first, lock] = [await openWorkDir(path), join(path, 'supervisor.lock')];
  await rm(path, { recursive: true });
  const second = await openWorkDir(path);
  await assert.rejects(first.renew(), { code: 'ERR_LOCKED' });
  assert.equal(await first.isOurs(), false);
  const text = await readFile(lock, 'utf8');
  await first.release();
  assert.equal(await readFile(lock, 'utf8'), text);
  assert.equal(await second.isOurs(), true);
  await second.release();
});

test('the lock of a process in another PID namespace holds, and goes with it', {
  skip: NO_PID_NAMESPACES,
}, async (t) => {
  const path = await tempDir(t);
  const { process: holder } = await inPidNamespace(t, 'child/holds-work-dir.js', path);
  await assert.rejects(openWorkDir(path), {
    code: 'ERR_LOCKED',
    message: `workDir: ${path} is in use by pid 1 of another PID namespace (a container?): stop that supervisor, or use another workDir`,
  });
  holder.kill('SIGKILL');
  await once(holder, 'exit');
  const workDir = await until(() => openWorkDir(path).catch(() => null));
  await workDir.release();
});

test('of many that want a stale lock one gets it, and nothing else is left', async (t) => {
  const path = await tempDir(t);
  for (let round = 0; round < 20; round++) {
    await writeFile(join(path, 'supervisor.lock'), '{}');
    const results = await Promise.allSettled(Array.from({ length: 8 }, () => openWorkDir(path)));
    const won = results.flatMap((result) => (result.status === 'fulfilled' ? result.value : []));
    assert.equal(won.length, 1);
    const locks = (await readdir(path)).filter((name) => name.startsWith('supervisor.lock'));
    assert.deepEqual(locks, ['supervisor.lock']);
    await won[0]?.release();
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
    message: /^workDir: cannot use .*: a part of that path is a file, not a directory; set workDir/,
  });
});

test('a file system without folders is refused at once, and no folder is left of a failed opening', async (t) => {
  await assert.rejects(openWorkDir('/proc/srs-supervisor/run'), {
    code: 'ERR_CONFIG',
    message: /^workDir: cannot use \/proc\S+: no directory can be made there; set workDir/,
  });
  const path = await tempDir(t);
  const workDir = await openWorkDir(join(path, 'deep/run'));
  await workDir.discard();
  assert.deepEqual(await readdir(path), []);
  await writeFile(join(path, 'logs'), '');
  await assert.rejects(openWorkDir(path), { code: 'ERR_CONFIG' });
  assert.deepEqual(await readdir(path), ['logs']);
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
