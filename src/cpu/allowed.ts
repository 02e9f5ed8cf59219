import { type Hierarchy, readHierarchies } from './cgroups.js';
import { formatCpuList } from './cpuset.js';
import type { Sysfs } from './sysfs.js';
import type { CpuSet } from './types.js';

/** Files that list a cgroup's CPUs, by cgroup version, the enforced set first. */
const FILES = {
  1: ['cpuset.effective_cpus', 'cpuset.cpus', 'effective_cpus', 'cpus'],
  2: ['cpuset.cpus.effective'],
} as const;

/**
 * Returns the online CPUs that this process may use: those of its cgroup's cpuset (v1 or v2) that
 * are also in an affinity mask: its own by default, or `mask`; null: no mask. A limit without any
 * usable CPU causes a warning and is ignored.
 */
export function readAllowed(
  fs: Sysfs,
  online: CpuSet,
  isolated: CpuSet,
  mask: CpuSet | null = fs.allowedList('proc/self/status'),
): number[] {
  const allowed = readCpusets(fs, online);
  const masked = narrowed(fs, allowed, mask, '/proc/self/status');
  return masked.length < allowed.length && isKernelDefault(allowed, masked, isolated)
    ? allowed
    : masked;
}

/** Returns the online CPUs within the cpusets of the process's cgroups. */
export function readCpusets(fs: Sysfs, online: CpuSet): number[] {
  let allowed = [...online];
  for (const hierarchy of readHierarchies(fs, 'cpuset'))
    allowed = narrowed(fs, allowed, readCpuset(fs, hierarchy), hierarchy.mountPoint);
  return allowed;
}

/**
 * Reports whether a mask lacks only the isolated CPUs. The kernel removes them from every mask at
 * boot (`isolcpus`); this is a default and not a limit, since they are isolated to be pinned to.
 */
function isKernelDefault(allowed: CpuSet, masked: CpuSet, isolated: CpuSet): boolean {
  const rest = allowed.filter((cpu) => !isolated.includes(cpu));
  return formatCpuList(rest) === formatCpuList(masked);
}

function narrowed(fs: Sysfs, cpus: number[], limit: CpuSet | null, where: string): number[] {
  if (limit === null) return cpus;
  const both = cpus.filter((cpu) => limit.includes(cpu));
  if (both.length > 0 || cpus.length === 0) return both;
  fs.warn(`${where} allows only CPUs ${formatCpuList(limit)}, none of which is usable`);
  return cpus;
}

/** Reads the cpuset from the process's cgroup upwards: an inner cgroup may have no cpuset files. */
function readCpuset(fs: Sysfs, { version, directories }: Hierarchy): number[] | null {
  for (const directory of directories) {
    for (const file of FILES[version]) {
      const cpus = fs.list(`${directory}/${file}`);
      // An empty file means the parent's set.
      if (cpus && cpus.length > 0) return cpus;
    }
  }
  return null;
}
