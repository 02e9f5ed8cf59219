import { type Hierarchy, readHierarchies } from './cgroups.js';
import { formatCpuList } from './cpuset.js';
import type { Sysfs } from './sysfs.js';
import type { CpuSet } from './types.js';

/** Names of the file with a cgroup's CPUs, by version, the one that the kernel enforces first. */
const FILES = {
  1: ['cpuset.effective_cpus', 'cpuset.cpus', 'effective_cpus', 'cpus'],
  2: ['cpuset.cpus.effective'],
} as const;

/**
 * The online CPUs that this process may run on: within its cgroup's cpuset (v1 or v2) and within
 * an affinity mask, its own unless `mask` is another one; null: none limits it. Contradictions are
 * warned of and then limit nothing.
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

/** The online CPUs that the process's cgroups leave it. */
export function readCpusets(fs: Sysfs, online: CpuSet): number[] {
  let allowed = [...online];
  for (const hierarchy of readHierarchies(fs, 'cpuset'))
    allowed = narrowed(fs, allowed, readCpuset(fs, hierarchy), hierarchy.mountPoint);
  return allowed;
}

/**
 * `isolcpus` takes the isolated CPUs out of everybody's mask at boot. That is a default and no
 * limit: a process may be pinned to them, and for that they were isolated.
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

/** From the process's cgroup upwards: inner ones need no files of their own. */
function readCpuset(fs: Sysfs, { version, directories }: Hierarchy): number[] | null {
  for (const directory of directories) {
    for (const file of FILES[version]) {
      const cpus = fs.list(`${directory}/${file}`);
      // An empty set there means "as the parent".
      if (cpus && cpus.length > 0) return cpus;
    }
  }
  return null;
}
