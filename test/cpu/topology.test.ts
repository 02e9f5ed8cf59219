import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { readTopology } from '../../src/cpu/topology.js';
import type { Topology } from '../../src/cpu/types.js';

type Files = Record<string, string>;

const CPU = 'sys/devices/system/cpu';

function read(files: Files): Topology {
  const root = mkdtempSync(join(tmpdir(), 'sysroot-'));
  try {
    for (const [path, text] of Object.entries(files)) {
      mkdirSync(dirname(join(root, path)), { recursive: true });
      writeFileSync(join(root, path), text);
    }
    return readTopology(root);
  } finally {
    rmSync(root, { recursive: true, force: true });
  }
}

/** CPUs 0 to count-1, all online, and for each the files that `of` names below its directory. */
function machine(count: number, of: (cpu: number) => Files = () => ({})): Files {
  const files: Files = { [`${CPU}/online`]: `0-${count - 1}\n` };
  for (let cpu = 0; cpu < count; cpu++) {
    files[`${CPU}/cpu${cpu}/uevent`] = '';
    for (const [path, text] of Object.entries(of(cpu))) files[`${CPU}/cpu${cpu}/${path}`] = text;
  }
  return files;
}

test('reads this machine', () => {
  const topology = readTopology();
  assert.ok(topology.allowed.length > 0);
  assert.deepEqual(topology.usable.cores.flat().sort(ascending), topology.allowed);
});

test('a machine that tells nothing has a core for each CPU and one node', () => {
  const topology = read(machine(2));
  assert.deepEqual(topology.cores, [[0], [1]]);
  assert.deepEqual(topology.numa, [{ id: 0, pus: [0, 1] }]);
  assert.deepEqual(topology.packages, []);
  assert.equal(topology.l3, null);
  assert.equal(topology.isolated, null);
  assert.deepEqual(topology.allowed, [0, 1]);
});

test('without /sys the processors of /proc/cpuinfo count', () => {
  const topology = read({ 'proc/cpuinfo': 'processor\t: 0\n\nprocessor\t: 1\n' });
  assert.deepEqual(topology.online, [0, 1]);
});

test('an empty root is a warning', () => {
  const topology = read({});
  assert.deepEqual(topology.cores, []);
  assert.match(topology.warnings[0] ?? '', /no CPU found/);
});

test('cgroup v2: the nearest cpuset up the path counts', () => {
  const topology = read({
    ...machine(8),
    'proc/mounts': 'cgroup2 /sys/fs/cgroup cgroup2 rw 0 0\n',
    'proc/self/cgroup': '0::/a/b/c\n',
    'sys/fs/cgroup/a/cpuset.cpus.effective': '2-3\n',
    'sys/fs/cgroup/cpuset.cpus.effective': '0-7\n',
  });
  assert.deepEqual(topology.allowed, [2, 3]);
  assert.deepEqual(topology.usable.cores, [[2], [3]]);
});

test('a container sees its own cgroup as the root', () => {
  for (const path of ['/', '/docker/0123', '/../other']) {
    const topology = read({
      ...machine(8),
      'proc/mounts': 'cgroup /sys/fs/cgroup/cpuset cgroup ro,cpuset 0 0\n',
      'proc/self/cgroup': `5:cpuset:${path}\n`,
      'sys/fs/cgroup/cpuset/cpuset.cpus': '4-5\n',
    });
    assert.deepEqual(topology.allowed, [4, 5], path);
  }
});

test('cgroup v1: what the kernel enforces counts, not what was asked for', () => {
  const topology = read({
    ...machine(8),
    'proc/mounts': 'cgroup /cg\\040x/cpuset,cpu cgroup rw,cpu,cpuset 0 0\n',
    'proc/self/cgroup': '5:cpu,cpuset:/job\n',
    'cg x/cpuset,cpu/job/cpuset.cpus': '0-7\n',
    'cg x/cpuset,cpu/job/cpuset.effective_cpus': '0-3\n',
  });
  assert.deepEqual(topology.allowed, [0, 1, 2, 3]);
});

test('the least quota of time around the process counts', () => {
  const v2 = (inner: string, outer: string) =>
    read({
      ...machine(16),
      'proc/mounts': 'cgroup2 /sys/fs/cgroup cgroup2 rw 0 0\n',
      'proc/self/cgroup': '0::/pod/box\n',
      'sys/fs/cgroup/pod/box/cpu.max': inner,
      'sys/fs/cgroup/pod/cpu.max': outer,
    }).quota;
  assert.equal(v2('max 100000\n', 'max 100000\n'), null);
  assert.equal(v2('250000 100000\n', 'max 100000\n'), 2.5);
  assert.equal(v2('400000 100000\n', '100000 50000\n'), 2);
  assert.equal(read(machine(2)).quota, null);
  const v1 = (quota: string) =>
    read({
      ...machine(16),
      'proc/mounts': 'cgroup /cg/cpu cgroup rw,cpu,cpuacct 0 0\n',
      'proc/self/cgroup': '5:cpu,cpuacct:/docker/0123\n',
      'cg/cpu/cpu.cfs_quota_us': quota,
      'cg/cpu/cpu.cfs_period_us': '100000\n',
    }).quota;
  assert.equal(v1('-1\n'), null);
  assert.equal(v1('150000\n'), 1.5);
});

test('the affinity mask counts, unless isolcpus alone made it', () => {
  const isolated = { ...machine(4), [`${CPU}/isolated`]: '2-3\n' };
  const mask = (list: string) => ({ 'proc/self/status': `Cpus_allowed_list:\t${list}\n` });
  assert.deepEqual(read({ ...machine(4), ...mask('1') }).allowed, [1]);
  assert.deepEqual(read({ ...isolated, ...mask('0-1') }).allowed, [0, 1, 2, 3]);
  assert.deepEqual(read({ ...isolated, ...mask('0') }).allowed, [0]);
});

test('a limit that leaves nothing is warned of and ignored', () => {
  const topology = read({ ...machine(2), 'proc/self/status': 'Cpus_allowed_list:\t64\n' });
  assert.deepEqual(topology.allowed, [0, 1]);
  assert.match(topology.warnings[0] ?? '', /none of which/);
});

test('siblings that contradict each other are warned of', () => {
  const lists = ['0-1', '0-1', '1-2'];
  const topology = read(
    machine(3, (cpu) => ({ 'topology/thread_siblings_list': lists[cpu] ?? '' })),
  );
  assert.deepEqual(topology.cores, [[0, 1], [2]]);
  assert.match(topology.warnings[0] ?? '', /core of CPU 2 overlaps/);
});

test('an unreadable file is a warning and never an error', () => {
  const topology = read(machine(64, () => ({ 'topology/core_cpus_list': 'what?' })));
  assert.equal(topology.cores.length, 64);
  assert.ok(topology.warnings.length < 20);
});

test('an empty cache mask stands for the core', () => {
  const topology = read(
    machine(4, (cpu) => ({
      'topology/thread_siblings_list': cpu < 2 ? '0-1' : '2-3',
      'cache/index0/level': '3',
      'cache/index0/shared_cpu_map': '0',
    })),
  );
  assert.deepEqual(topology.l3, [
    [0, 1],
    [2, 3],
  ]);
});

test("Intel's own lists name the kinds of core", () => {
  const topology = read({
    ...machine(6),
    'sys/devices/cpu_core/cpus': '0-1\n',
    'sys/devices/cpu_atom/cpus': '2-5\n',
  });
  assert.deepEqual(topology.coreKinds, [
    { name: 'E', pus: [2, 3, 4, 5] },
    { name: 'P', pus: [0, 1] },
  ]);
});

test('ARM kinds come from /proc/cpuinfo where MIDR_EL1 is missing', () => {
  const block = (cpu: number, part: string) =>
    `processor\t: ${cpu}\nCPU implementer\t: 0x41\nCPU part\t: ${part}\n`;
  const topology = read({
    ...machine(4, (cpu) => ({ cpu_capacity: cpu < 2 ? '446' : '1024' })),
    'proc/cpuinfo': [0, 1, 2, 3].map((cpu) => block(cpu, cpu < 2 ? '0xd03' : '0xd99')).join('\n'),
  });
  assert.deepEqual(topology.coreKinds, [
    { name: 'Cortex-A53', pus: [0, 1] },
    { name: 'part 0xd99', pus: [2, 3] },
  ]);
});

test('favoured cores of one model are no kind of their own', () => {
  const speeds = ['4700000', '4900000', '5100000', '5200000'];
  const alike = machine(4, (cpu) => ({ 'cpufreq/cpuinfo_max_freq': speeds[cpu] ?? '' }));
  assert.equal(read(alike).coreKinds, null);
  const mixed = machine(4, (cpu) => ({ cpu_capacity: cpu < 2 ? '400' : '1024' }));
  assert.deepEqual(
    read(mixed).coreKinds?.map(({ name }) => name),
    ['slow', 'fast'],
  );
});

function ascending(a: number, b: number): number {
  return a - b;
}
