import { formatCpuList } from './cpuset.js';
import type { Sysfs } from './sysfs.js';
import type { CpuSet, NumaNode } from './types.js';

export const CPU = 'sys/devices/system/cpu';
const NODE = 'sys/devices/system/node';

/** Files with the same set as mask and as list; old kernels have only the mask. */
type SetFiles = readonly [mask: string, list: string];

const CORE_FILES: SetFiles[] = [
  ['core_cpus', 'core_cpus_list'],
  ['thread_siblings', 'thread_siblings_list'],
];
const PACKAGE_FILES: SetFiles[] = [
  ['package_cpus', 'package_cpus_list'],
  ['core_siblings', 'core_siblings_list'],
];
const NODE_FILES: SetFiles[] = [['cpumap', 'cpulist']];
const CACHE_FILES: SetFiles[] = [['shared_cpu_map', 'shared_cpu_list']];

/** Groups CPUs by their sibling masks: `core_id` is not unique even within a package. */
export function readCores(fs: Sysfs, online: CpuSet): number[][] {
  const siblings = (cpu: number) => readSet(fs, `${CPU}/cpu${cpu}/topology`, CORE_FILES) ?? [cpu];
  return partition(fs, 'core', online, siblings);
}

/**
 * Groups CPUs by `physical_package_id`, because sibling masks have been wrong on real machines
 * (they stopped at the NUMA node). The masks are used only if the id is unknown (-1). IBM Z numbers
 * packages anew in each book and drawer.
 */
export function readPackages(fs: Sysfs, online: CpuSet): number[][] {
  const byId = new Map<string, number[]>();
  const unnamed: number[] = [];
  for (const cpu of online) {
    const directory = `${CPU}/cpu${cpu}/topology`;
    const id = fs.number(`${directory}/physical_package_id`) ?? -1;
    if (id < 0) unnamed.push(cpu);
    else {
      const outer = ['drawer_id', 'book_id'].map((name) => fs.text(`${directory}/${name}`));
      const key = [...outer, id].join('/');
      byId.set(key, [...(byId.get(key) ?? []), cpu]);
    }
  }
  const siblings = (cpu: number) => readSet(fs, `${CPU}/cpu${cpu}/topology`, PACKAGE_FILES);
  const byMask = partition(fs, 'package', unnamed, siblings);
  return [...byId.values(), ...byMask].sort(byFirst);
}

/** Reads the NUMA nodes, which list offline CPUs, too. Without the directory there is one node. */
export function readNodes(fs: Sysfs, online: CpuSet): NumaNode[] {
  const ids = fs.numbered(NODE, 'node');
  if (ids.length === 0) return online.length > 0 ? [{ id: 0, pus: online }] : [];
  const left = new Set(online);
  const nodes = ids.map((id) => {
    const named = new Set(readSet(fs, `${NODE}/node${id}`, NODE_FILES));
    const twice = online.filter((cpu) => named.has(cpu) && !left.has(cpu));
    warnOf(fs, twice, `are in NUMA node ${id} and in another`);
    return { id, pus: online.filter((cpu) => named.has(cpu) && left.delete(cpu)) };
  });
  warnOf(fs, [...left], 'are in no NUMA node');
  return nodes.filter(({ pus }) => pus.length > 0).sort((a, b) => byFirst(a.pus, b.pus));
}

export function readNodesWithoutCpus(fs: Sysfs, nodes: readonly NumaNode[]): number[] {
  const withCpus = new Set(nodes.map(({ id }) => id));
  return fs.numbered(NODE, 'node').filter((id) => !withCpus.has(id));
}

/** Groups CPUs by L3 cache. The level is in the file `level`, not in the directory's number. */
export function readL3(fs: Sysfs, online: CpuSet, cores: readonly CpuSet[]): number[][] | null {
  const indexes = new Map(online.map((cpu) => [cpu, cacheDirectories(fs, cpu)]));
  if (![...indexes.values()].some((found) => found.length > 0)) return null;
  const level3 = new Map<number, string>();
  for (const [cpu, found] of indexes) {
    const index = found.find((directory) => fs.number(`${directory}/level`) === 3);
    if (index !== undefined) level3.set(cpu, index);
  }
  const sharing = (cpu: number) => {
    const shared = readSet(fs, level3.get(cpu) ?? '', CACHE_FILES);
    // Some firmware reports an empty mask; then the core's own threads share the cache.
    return shared && shared.length > 0 ? shared : cores.find((core) => core.includes(cpu));
  };
  return partition(fs, 'L3 cache', [...level3.keys()], sharing);
}

function cacheDirectories(fs: Sysfs, cpu: number): string[] {
  const directory = `${CPU}/cpu${cpu}/cache`;
  return fs.numbered(directory, 'index').map((index) => `${directory}/index${index}`);
}

function readSet(fs: Sysfs, directory: string, files: readonly SetFiles[]): number[] | null {
  for (const [mask, list] of files) {
    const found = fs.mask(`${directory}/${mask}`) ?? fs.list(`${directory}/${list}`);
    if (found !== null) return found;
  }
  return null;
}

/**
 * Puts each CPU into one group by the siblings it reports. The lowest CPU of a group decides; a
 * later group that overlaps it is cut, with a warning. CPUs without siblings reported are omitted.
 */
function partition(
  fs: Sysfs,
  what: string,
  cpus: CpuSet,
  siblingsOf: (cpu: number) => CpuSet | null | undefined,
): number[][] {
  const left = new Set(cpus);
  const groups: number[][] = [];
  for (const cpu of cpus) {
    const siblings = left.has(cpu) && siblingsOf(cpu);
    if (!siblings) continue;
    const named = cpus.filter((other) => other === cpu || siblings.includes(other));
    const group = named.filter((other) => left.delete(other));
    if (group.length < named.length)
      fs.warn(`the ${what} of CPU ${cpu} overlaps another: ${formatCpuList(named)}`);
    groups.push(group);
  }
  return groups.sort(byFirst);
}

function warnOf(fs: Sysfs, cpus: CpuSet, what: string): void {
  if (cpus.length > 0) fs.warn(`CPUs ${formatCpuList(cpus)} ${what}`);
}

function byFirst(a: CpuSet, b: CpuSet): number {
  return (a[0] ?? 0) - (b[0] ?? 0);
}
