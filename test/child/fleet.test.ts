import assert from 'node:assert/strict';
import { execFile, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { Binary } from '../../src/child/binary.js';
import type { ChildDown, ChildPorts, ChildStatus } from '../../src/child/types.js';
import { isScriptWithoutExec } from '../../src/child/wrapper.js';
import { recordLog } from '../helpers/log-lines.js';
import {
  CONF,
  fixture,
  fixturePath,
  isGone,
  makeFleet,
  portBase,
  tempDir,
  until,
} from './helpers.js';

test('children run with a clean environment, in sessions of their own', async (t) => {
  const env = { ...process.env, SRS_LISTEN: '1', NOTIFY_SOCKET: '/x' };
  const workDir = await tempDir(t);
  const fleet = await makeFleet(t, { binary: fixture('ready'), env, workDir });
  const ready = once(fleet, 'ready') as Promise<[ChildStatus]>;
  await fleet.start();
  const status = fleet.status('c001')!;
  assert.deepEqual((await ready)[0], status);
  assert.equal(fleet.status('c002'), null);
  const environ = await readFile(`/proc/${status.pid}/environ`, 'utf8');
  assert.doesNotMatch(environ, /SRS_|NOTIFY_SOCKET/);
  const stat = await readFile(`/proc/${status.pid}/stat`, 'utf8');
  const [, , group, session] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  assert.deepEqual([Number(group), Number(session)], [status.pid, status.pid]);
  await until(() => (fleet.status('c001')?.rss ?? 0) > 1e6);
});

test('a child that crashes comes back, one that keeps failing is waited for no longer', async (t) => {
  const fleet = await makeFleet(t, { binary: fixture('crashes-after-ready') });
  await fleet.start();
  const down = once(fleet, 'down') as Promise<[ChildDown]>;
  process.kill(fleet.status('c001')!.pid!, 'SIGUSR1');
  assert.deepEqual((await down)[0], { id: 'c001', generation: 1, reason: 'exit code 3' });
  assert.equal(fleet.status('c001')?.state, 'failed');
  assert.equal(fleet.status('c001')?.lastError, 'exit code 3');
  await until(() => fleet.status('c001')?.state === 'ready');
  const { lastError, lastErrorAt, since } = fleet.status('c001')!;
  assert.equal(lastError, 'exit code 3');
  assert.ok(lastErrorAt !== null && lastErrorAt <= since && since <= Date.now());

  const failing = await makeFleet(t, { binary: fixture('exits-1') });
  await assert.rejects(failing.start(), {
    code: 'ERR_CHILD_START',
    message: /^no child is ready: c001: exit code 1: no luck: see .*c001\.log$/,
  });
  assert.equal(failing.status('c001')?.state, 'stopped');
  assert.equal(failing.status('c001')?.generation, 3);
});

test('a child that crashes again and again stays out until somebody acts', async (t) => {
  const binary = fixture('crashes-after-ready');
  const { logger, lines } = recordLog();
  const fleet = await makeFleet(t, {
    binary,
    cpus: [[], [], []],
    maxCrashes: 2,
    maxHungPercent: 34,
    logger,
  });
  await fleet.start();
  const crash = async (id: string) => {
    const { pid } = await until(() => {
      const status = fleet.status(id);
      return status?.state === 'ready' && status;
    });
    process.kill(pid!, 'SIGUSR1');
    await until(() => fleet.status(id)?.pid !== pid);
  };
  await crash('c001');
  await crash('c001');
  await until(() => fleet.status('c001')?.state === 'broken');
  const { why, since, lastErrorAt } = fleet.status('c001')!;
  assert.match(why ?? '', /^it crashed 2 times within \d+ s .*maxCrashes\), last: exit code 3$/);
  assert.ok(since >= lastErrorAt!);
  assert.ok(lines.some(({ msg }) => /undrain or restart it/.test(String(msg))));

  // A third of three may be out: another one starts again.
  await crash('c002');
  await crash('c002');
  await until(() => fleet.status('c002')?.state === 'ready');
  assert.ok(lines.some(({ msg }) => /too many are out/.test(String(msg))));

  fleet.undrain('c001');
  await until(() => fleet.status('c001')?.state === 'ready');
  assert.equal(fleet.status('c001')?.why, null);
  await crash('c001');
  await crash('c001');
  await until(() => fleet.status('c001')?.state === 'broken');
  await fleet.restart('c001', 'an operator restarts it');
  assert.equal(fleet.status('c001')?.state, 'ready');
});

test('a child whose port takes no connections is ejected, if a client has met that', async (t) => {
  const binary = fixture('closes-rtmp');
  const { logger, lines } = recordLog();
  const fleet = await makeFleet(t, { binary, cpus: [[], [], []], eject: true, logger });
  await fleet.start();
  process.kill(fleet.status('c002')!.pid!, 'SIGUSR1');
  for (const id of ['c001', 'c002', 'c009']) fleet.suspect({ id, generation: 1 });
  await until(() => fleet.status('c002')?.ejected);
  const { state, answering, why, since } = fleet.status('c002')!;
  assert.deepEqual([state, answering], ['ready', true]);
  assert.equal(why, 'its RTMP port takes no connections');
  assert.ok(since <= Date.now());
  assert.equal(fleet.status('c001')?.ejected, false);
  assert.ok(lines.some(({ msg, child }) => child === 'c002' && /ejected/.test(String(msg))));
  fleet.undrain('c002');
  assert.equal(fleet.status('c002')?.ejected, false);
});

test('a start for which there is no descriptor left is tried again, and ends nobody', async (t) => {
  const binary = fixture('ready');
  const options = { binary, cpus: [[]], portBase: portBase(), conf: CONF };
  const script = fileURLToPath(new URL('shortage-process.js', import.meta.url));
  const plan = JSON.stringify({ ...options, workDir: await tempDir(t) });
  const limited = ['--nofile=256', process.execPath, script, plan];
  const { stdout, stderr } = await promisify(execFile)('prlimit', limited);
  assert.match(stdout, /no file descriptor left .*"msg":"child will start again"/);
  assert.match(stdout, /^ERR_CHILD_START$/m);
  assert.match(stdout, /^back$/m);
  assert.equal(stderr, '');
});

test('a child that is never ready is given up for now', async (t) => {
  const times = { startLimit: 1000 };
  const fleet = await makeFleet(t, { binary: fixture('never-ready'), times });
  await assert.rejects(fleet.start(), { message: /c001: not ready within 1000 ms/ });
});

test('a wrapper that starts SRS as another process is recognised', async (t) => {
  const script = join(await tempDir(t), 'wrapper.sh');
  const command = `"${process.execPath}" "${fixturePath('ready')}" "$@"`;
  const wrapper: Binary = { ...fixture('ready'), path: script, command: ['sh', script] };
  await writeFile(script, `#!/bin/sh\n${command}\nexit $?\n`);
  assert.equal(await isScriptWithoutExec(script), true);
  const fleet = await makeFleet(t, { binary: wrapper });
  await assert.rejects(fleet.start(), {
    code: 'ERR_CHILD_CONFIG',
    message: /c001: srs\.binary starts SRS as another process, pid \d+ .* write exec before SRS/,
  });
  assert.equal(fleet.status('c001')?.generation, 1);

  await writeFile(script, `#!/bin/sh\nexec ${command}\n`);
  assert.equal(await isScriptWithoutExec(script), false);
  const mended = await makeFleet(t, { binary: wrapper });
  await mended.start();
  assert.equal(mended.status('c001')?.state, 'ready');
});

test('a config that is refused is not tried again', async (t) => {
  const tested = await makeFleet(t, { binary: fixture('bad-config') });
  await assert.rejects(tested.start(), { code: 'ERR_CHILD_CONFIG' });
  assert.equal(tested.status('c001')?.generation, 0);

  const env = { ...process.env, HOME: '/test-is-fine' };
  const started = await makeFleet(t, { binary: fixture('bad-config'), env });
  await assert.rejects(started.start(), {
    code: 'ERR_CHILD_CONFIG',
    message: /c001: exit code 255: illegal directive foo/,
  });
  assert.equal(started.status('c001')?.generation, 1);
});

test('a drained child stays so over restarts, until that is taken back', async (t) => {
  const fleet = await makeFleet(t, { binary: fixture('crashes-after-ready'), cpus: [[], []] });
  const state = () => fleet.status('c001')?.state;
  await fleet.start();
  assert.deepEqual([fleet.drain('c001'), fleet.drain('c003')], [true, false]);
  assert.deepEqual([state(), fleet.status('c002')?.state], ['draining', 'ready']);
  const { pid } = fleet.status('c001')!;
  process.kill(pid!, 'SIGUSR1');
  await until(() => state() === 'failed');
  await until(() => state() === 'draining');
  assert.notEqual(fleet.status('c001')?.pid, pid);
  assert.deepEqual([fleet.undrain('c001'), fleet.undrain('c003')], [true, false]);
  assert.equal(state(), 'ready');
  fleet.drain('c001');
  const closed = fleet.close();
  assert.equal(state(), 'stopping');
  await closed;
  assert.equal(state(), 'stopped');
});

test('a stop ends children that do not listen, and a start under way', async (t) => {
  const deaf = await makeFleet(t, { binary: fixture('ignores-sigterm') });
  await deaf.start();
  const { pid } = deaf.status('c001')!;
  await deaf.close();
  assert.ok(await isGone(pid!));

  const starting = await makeFleet(t, {
    binary: fixture('never-ready'),
    cpus: [[], [], []],
    wave: 2,
  });
  const started = starting.start();
  await until(() => starting.status('c001')?.pid);
  await starting.close();
  await started;
  assert.deepEqual(
    starting.statuses().map(({ state, pid }) => [state, pid]),
    Array(3).fill(['stopped', null]),
  );
});

test('a chatty child costs bounded memory', async (t) => {
  const workDir = await tempDir(t);
  const log = { size: '1M', keep: 2 } as const;
  const fleet = await makeFleet(t, { binary: fixture('chatty'), workDir, log });
  const before = process.memoryUsage().rss;
  await fleet.start();
  await until(() => existsSync(join(workDir, 'logs/c001.log.2')));
  assert.ok(process.memoryUsage().rss - before < 200 * 2 ** 20);
  assert.equal(fleet.status('c001')?.state, 'ready');
});

test('a child whose port was taken while it was down moves to others', async (t) => {
  const told: string[] = [];
  const onPorts = async (all: readonly ChildPorts[]) => {
    told.push(`${all.map(({ rtmp }) => rtmp)} ${fleet.status('c001')?.pid}`);
  };
  const fleet = await makeFleet(t, { binary: fixture('ready'), onPorts });
  await fleet.start();
  const { ports, pid } = fleet.status('c001')!;
  const thief = createServer();
  t.after(() => thief.close());
  const stolen = new Promise((resolve) => {
    fleet.once('down', () => thief.listen(ports.http, '127.0.0.1', () => resolve(null)));
  });
  process.kill(pid!, 'SIGKILL');
  await stolen;
  await until(() => fleet.status('c001')?.state === 'ready');
  const moved = fleet.status('c001')!.ports.rtmp;
  assert.notEqual(moved, ports.rtmp);
  assert.deepEqual(told, [`${ports.rtmp} null`, `${moved} null`]);
});

test('a work directory that was removed is made again when a child restarts', async (t) => {
  const workDir = join(await tempDir(t), 'run');
  const { logger, lines } = recordLog();
  const fleet = await makeFleet(t, {
    binary: fixture('ready'),
    cpus: [[], []],
    workDir,
    logger,
  });
  await fleet.start();
  await rm(workDir, { recursive: true });
  process.kill(fleet.status('c001')!.pid!, 'SIGKILL');
  await until(() => fleet.status('c001')?.generation === 2);
  await until(() => fleet.status('c001')?.state === 'ready');
  const files = ['conf/c001.conf', 'conf/c002.conf', 'pids/c001.json', 'pids/c002.json', 'hls'];
  for (const file of files) await until(() => existsSync(join(workDir, file)));
  assert.equal(fleet.status('c002')?.generation, 1);
  const remade = lines.filter(({ msg }) => /made again/.test(String(msg)));
  assert.equal(remade.length, 1);
  const other = await makeFleet(t, { binary: fixture('ready'), workDir });
  await assert.rejects(other.start(), { code: 'ERR_LOCKED' });
});

test('a path that another supervisor has taken is left to it, and that is said', async (t) => {
  const workDir = join(await tempDir(t), 'run');
  const fleet = await makeFleet(t, { binary: fixture('ready'), workDir });
  await fleet.start();
  await rm(workDir, { recursive: true });
  const other = await makeFleet(t, { binary: fixture('ready'), workDir });
  await other.start();
  await mkdir(join(workDir, 'hls/c001-1'));
  process.kill(fleet.status('c001')!.pid!, 'SIGKILL');
  await until(() => /is in use by pid/.test(fleet.status('c001')?.lastError ?? ''));
  await fleet.close();
  assert.ok(existsSync(join(workDir, 'hls/c001-1')));
  assert.ok(existsSync(join(workDir, 'supervisor.lock')));
  assert.equal(other.status('c001')?.state, 'ready');
});

test('two supervisors that start at once share no port', async (t) => {
  const base = 24_500;
  const fleets = await Promise.all(
    [1, 2].map(() => makeFleet(t, { binary: fixture('ready'), cpus: [[], []], portBase: base })),
  );
  await Promise.all(fleets.map((fleet) => fleet.start()));
  const statuses = fleets.flatMap((fleet) => fleet.statuses());
  assert.ok(statuses.every(({ state }) => state === 'ready'));
  assert.equal(new Set(statuses.map(({ ports }) => ports.rtmp)).size, 4);
});

test('a child is bound to its CPUs, and says what the system says', {
  skip: spawnSync('taskset', ['-V']).status !== 0,
}, async (t) => {
  const pinning = {
    prefix: (cpus: readonly number[]) => ['taskset', '-c', cpus.join(',')],
    readAffinity: async (pid: number) => {
      const text = await readFile(`/proc/${pid}/status`, 'utf8');
      return { cpus: [Number(/Cpus_allowed_list:\s*(\d+)\n/.exec(text)?.[1])], uniform: true };
    },
    move: async () => ({ ok: true }) as const,
  };
  const fleet = await makeFleet(t, { binary: fixture('ready'), cpus: [[0], []], pinning });
  await fleet.start();
  assert.deepEqual(fleet.status('c001')?.cpus, [0]);
  assert.deepEqual(fleet.status('c002')?.cpus, []);
});
