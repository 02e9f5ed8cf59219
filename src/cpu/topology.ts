import { cpus as systemCpus } from 'node:os';
import { readAllowed } from './allowed.js';
import { formatCpuList, sortedSet } from './cpuset.js';
import { CPU, readCores, readL3, readNodes, readNodesWithoutCpus, readPackages } from './groups.js';
import { readCoreKinds } from './kinds.js';
import { readQuota } from './quota.js';
import { Sysfs } from './sysfs.js';
import type { CpuGroups, CpuSet, Topology } from './types.js';

/**
 * Reads the CPUs of the machine whose file systems are below `root`. Never throws: an unknown
 * kernel gives less detail, and `warnings` lists contradictions. Call it before the process pins
 * itself, because its affinity mask counts as a limit, unless `mask` replaces it (null: no mask).
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

/** Cuts the groups to these CPUs and drops empty groups. */
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

/**
 * Reads online and offline CPUs. Old kernels have no `cpu/online`, and CPU 0 often has no `online`
 * file because it cannot go offline.
 */
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

/** Counts CPUs without /sys: in a restricted container, or on another system than Linux. */
function withoutSysfs(fs: Sysfs, root: string): number[] {
  const cpuinfo = fs.text('proc/cpuinfo') ?? '';
  const named = [...cpuinfo.matchAll(/^processor\s*:\s*(\d+)$/gm)].map((match) => Number(match[1]));
  if (named.length > 0) return sortedSet(named);
  if (root === '/') return systemCpus().map((_, index) => index);
  fs.warn(`no CPU found below ${root}: it should hold copies of /sys and /proc`);
  return [];
}
