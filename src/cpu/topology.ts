import { cpus as systemCpus } from 'node:os';
import { readAllowed } from './allowed.js';
import { formatCpuList, sortedSet } from './cpuset.js';
import { CPU, readCores, readL3, readNodes, readNodesWithoutCpus, readPackages } from './groups.js';
import { readCoreKinds } from './kinds.js';
import { readQuota } from './quota.js';
import { Sysfs } from './sysfs.js';
import type { CpuGroups, CpuSet, Topology } from './types.js';

/**
 * Reads the CPUs of the machine whose file systems lie below `root`. Never throws: an unknown
 * kernel gives a coarser picture, and `warnings` names what does not fit together. Read it before
 * the process pins itself, since its own affinity mask counts as a limit, unless `mask` is another
 * one (null: none).
 */
export function readTopology(root = '/', mask?: CpuSet | null): Topology {
  const fs = new Sysfs(root);
  const { online, offline } = readOnline(fs, root);
  const cores = readCores(fs, online);
  const groups: CpuGroups = {
    packages: readPackages(fs, online),
    numa: readNodes(fs, online),
    cores,
    l3: readL3(fs, online, cores),
  };
  const isolated = fs.list(`${CPU}/isolated`);
  const allowed = readAllowed(fs, online, isolated ?? [], mask);
  return {
    online,
    offline,
    isolated,
    ...groups,
    numaWithoutCpus: readNodesWithoutCpus(fs, groups.numa),
    coreKinds: readCoreKinds(fs, cores),
    allowed,
    quota: readQuota(fs),
    usable: cutTo(groups, allowed),
    warnings: fs.warnings,
  };
}

/** The same groups with only these CPUs in them; groups left empty are dropped. */
export function cutTo(groups: CpuGroups, cpus: CpuSet): CpuGroups {
  const keep = new Set(cpus);
  const cut = (pus: CpuSet) => pus.filter((cpu) => keep.has(cpu));
  const cutAll = (sets: readonly CpuSet[]) => sets.map(cut).filter((set) => set.length > 0);
  return {
    packages: cutAll(groups.packages),
    numa: groups.numa
      .map(({ id, pus }) => ({ id, pus: cut(pus) }))
      .filter(({ pus }) => pus.length > 0),
    cores: cutAll(groups.cores),
    l3: groups.l3 && cutAll(groups.l3),
  };
}

/** Old kernels have no `cpu/online`, and CPU 0 often no `online` of its own: it cannot go. */
export function readOnline(fs: Sysfs, root: string): { online: number[]; offline: number[] } {
  const present = fs.numbered(CPU, 'cpu');
  if (present.length === 0) return { online: withoutSysfs(fs, root), offline: [] };
  const listed = fs.list(`${CPU}/online`);
  const isOnline = listed
    ? (cpu: number) => listed.includes(cpu)
    : (cpu: number) => fs.text(`${CPU}/cpu${cpu}/online`) !== '0';
  const online = present.filter(isOnline);
  const unknown = (listed ?? []).filter((cpu) => !present.includes(cpu));
  if (unknown.length > 0)
    fs.warn(`CPUs ${formatCpuList(unknown)} are online but have no /${CPU} directory`);
  return { online, offline: present.filter((cpu) => !online.includes(cpu)) };
}

/** No /sys at all: a closed-in container, or not Linux. */
function withoutSysfs(fs: Sysfs, root: string): number[] {
  const cpuinfo = fs.text('proc/cpuinfo') ?? '';
  const named = [...cpuinfo.matchAll(/^processor\s*:\s*(\d+)$/gm)].map((match) => Number(match[1]));
  if (named.length > 0) return sortedSet(named);
  if (root === '/') return systemCpus().map((_, index) => index);
  fs.warn(`no CPU found below ${root}: it should hold copies of /sys and /proc`);
  return [];
}
