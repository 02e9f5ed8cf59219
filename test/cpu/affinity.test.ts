import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { type TestContext, test } from 'node:test';
import { canPin, pinPrefix, pinSelf, pinThreads, readAffinity } from '../../src/cpu/affinity.js';
import { readTopology } from '../../src/cpu/topology.js';

const LINUX = { skip: process.platform !== 'linux' && 'CPU affinity is a matter of Linux' };
const cpus = readTopology().allowed;
const first = cpus.slice(0, 1);

/** Prints a line once its worker threads run, and ends with its stdin. */
const THREADS = `
  const { Worker } = require('node:worker_threads');
  const started = [1, 2].map(() => new Promise((up) =>
    new Worker('setInterval(() => {}, 1e6)', { eval: true }).once('online', up)));
  Promise.all(started).then(() => console.log('up'));
  process.stdin.resume().on('end', () => process.exit());
`;

function start(t: TestContext, argv: string[]): ChildProcess & { pid: number } {
  const [file = '', ...args] = argv;
  const child = spawn(file, args, { stdio: ['pipe', 'pipe', 'inherit'] });
  t.after(async () => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    child.kill('SIGKILL');
    await once(child, 'exit');
  });
  assert.ok(child.pid);
  return child as ChildProcess & { pid: number };
}

/** Resolves when the condition holds; the runner's own limit ends a test where it never does. */
async function until(condition: () => Promise<boolean>): Promise<void> {
  while (!(await condition())) await new Promise((retry) => setTimeout(retry, 5));
}

const isOn = async (pid: number, list: readonly number[]) =>
  JSON.stringify((await readAffinity(pid))?.cpus) === JSON.stringify(list);

test('a prefix names the CPUs, none for none', () => {
  assert.deepEqual(pinPrefix([3]), ['taskset', '-c', '3']);
  assert.deepEqual(pinPrefix([3, 4, 5, 9]), ['taskset', '-c', '3-5,9']);
  assert.deepEqual(pinPrefix([]), []);
});

test('this machine can pin', LINUX, async () => {
  assert.deepEqual(await canPin(), { ok: true });
});

test('a pinned process keeps the pid and runs on its CPU', LINUX, async (t) => {
  const child = start(t, [...pinPrefix(first), 'sleep', '600']);
  await until(() => isOn(child.pid, first));
  assert.deepEqual(await readAffinity(child.pid), { cpus: first, uniform: true, threads: 1 });
});

test('every thread of a process inherits its CPUs', LINUX, async (t) => {
  const child = start(t, [...pinPrefix(first), process.execPath, '-e', THREADS]);
  await once(child.stdout!, 'data');
  const affinity = await readAffinity(child.pid);
  assert.deepEqual(affinity?.cpus, first);
  assert.equal(affinity?.uniform, true);
  assert.ok((affinity?.threads ?? 0) > 3, `${affinity?.threads} threads`);
});

test('a running process is moved with all its threads', LINUX, async (t) => {
  const child = start(t, [process.execPath, '-e', THREADS]);
  await once(child.stdout!, 'data');
  const last = cpus.slice(-1);
  assert.deepEqual(await pinThreads(child.pid, last), { ok: true });
  const affinity = await readAffinity(child.pid);
  assert.deepEqual(affinity?.cpus, last);
  assert.equal(affinity?.uniform, true);
});

test('threads on different CPUs are told', {
  skip: LINUX.skip || (cpus.length < 2 && 'needs two CPUs'),
}, async (t) => {
  const child = start(t, [process.execPath, '-e', THREADS]);
  await once(child.stdout!, 'data');
  assert.deepEqual(await pinThreads(child.pid, cpus.slice(0, 2)), { ok: true });
  const one = start(t, ['taskset', '-c', '-p', `${cpus[0]}`, `${child.pid}`]);
  await once(one, 'exit');
  const affinity = await readAffinity(child.pid);
  assert.equal(affinity?.uniform, false);
  assert.deepEqual(affinity?.cpus, cpus.slice(0, 2));
});

test('a process that has gone has no affinity', LINUX, async (t) => {
  const child = start(t, ['true']);
  await once(child, 'exit');
  assert.equal(await readAffinity(child.pid), null);
  assert.deepEqual(await pinThreads(child.pid, first), {
    ok: false,
    reason: `process ${child.pid} is gone`,
  });
});

test('CPUs that do not exist are refused with a reason', LINUX, async (t) => {
  const child = start(t, ['sleep', '600']);
  const result = await pinThreads(child.pid, [60_000]);
  assert.ok(!result.ok);
  assert.match(result.reason, /taskset/);
});

test('the supervisor may pin itself, and stays put without CPUs', LINUX, async () => {
  const before = await readAffinity(process.pid);
  assert.deepEqual(await pinSelf([]), { ok: true });
  assert.deepEqual((await readAffinity(process.pid))?.cpus, before?.cpus);
  assert.deepEqual(await pinSelf(first), { ok: true });
  assert.deepEqual((await readAffinity(process.pid))?.cpus, first);
  assert.deepEqual(await pinSelf(before?.cpus ?? cpus), { ok: true });
});
