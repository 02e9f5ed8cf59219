import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { CpuChanges } from '../../src/cpu/changes.js';

const CPU = 'sys/devices/system/cpu';

/** A machine of four CPUs with one cpuset, whose files can be written anew. */
async function machine(t: TestContext) {
  const root = await mkdtemp(join(tmpdir(), 'sysroot-'));
  t.after(() => rm(root, { recursive: true }));
  const write = async (path: string, text: string) => {
    await mkdir(dirname(join(root, path)), { recursive: true });
    await writeFile(join(root, path), text);
  };
  for (let cpu = 0; cpu < 4; cpu++) await write(`${CPU}/cpu${cpu}/uevent`, '');
  await write(`${CPU}/online`, '0-3\n');
  await write('proc/mounts', 'cgroup2 /cg cgroup2 rw 0 0\n');
  await write('proc/self/cgroup', '0::/\n');
  const cpuset = (list: string) => write('cg/cpuset.cpus.effective', `${list}\n`);
  const mask = (list: string) => write('proc/self/status', `Cpus_allowed_list:\t${list}\n`);
  return { root, write, cpuset, mask };
}

test('a cpuset that shrinks and grows is told, whatever we have pinned ourselves to', async (t) => {
  const { root, write, cpuset, mask } = await machine(t);
  await cpuset('0-2');
  await mask('0-2');
  const changes = new CpuChanges(root);
  await mask('0');
  assert.equal(changes.poll(), null);
  await cpuset('0-1');
  assert.deepEqual(changes.poll()?.allowed, [0, 1]);
  assert.equal(changes.poll(), null);
  assert.equal(changes.known, '0-1');
  await cpuset('0-3');
  assert.deepEqual(changes.poll()?.usable.cores, [[0], [1], [2], [3]]);
  await write(`${CPU}/online`, '0-2\n');
  assert.deepEqual(changes.poll()?.allowed, [0, 1, 2]);
});

test('what we were started with stays a limit', async (t) => {
  const { root, cpuset, mask } = await machine(t);
  await cpuset('0-3');
  await mask('1-2');
  const changes = new CpuChanges(root);
  await mask('1');
  assert.equal(changes.poll(), null);
  await cpuset('0-1');
  assert.deepEqual(changes.poll()?.allowed, [1]);
  await cpuset('0-3');
  assert.deepEqual(changes.poll()?.allowed, [1, 2]);
});
