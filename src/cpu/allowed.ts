import { posix } from 'node:path';
import { formatCpuList } from './cpuset.js';
import type { Sysfs } from './sysfs.js';
import type { CpuSet } from './types.js';

/** Names of the file with a cgroup's CPUs, the one that the kernel enforces first. */
const V2_FILES = ['cpuset.cpus.effective'];
const V1_FILES = ['cpuset.effective_cpus', 'cpuset.cpus', 'effective_cpus', 'cpus'];

/** One mounted hierarchy that may limit CPUs. */
interface Hierarchy {
  readonly mountPoint: string;
  readonly files: readonly string[];
  /** The cgroup of this process in it. */
  readonly path: string;
}

/**
 * The online CPUs that this process may run on: within its cgroup's cpuset (v1 or v2) and within
 * its own affinity mask. Contradictions are warned of and then limit nothing.
 */
export function readAllowed(fs: Sysfs, online: CpuSet, isolated: CpuSet): number[] {
  let allowed = [...online];
  for (const hierarchy of hierarchies(fs))
    allowed = narrowed(fs, allowed, readCpuset(fs, hierarchy), hierarchy.mountPoint);
  const mask = fs.allowedList('proc/self/status');
  const masked = narrowed(fs, allowed, mask, '/proc/self/status');
  return masked.length < allowed.length && isKernelDefault(allowed, masked, isolated)
    ? allowed
    : masked;
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

/**
 * From the process's cgroup upwards: inner ones need no files of their own, and a container may see
 * its own cgroup as the root while `proc/self/cgroup` still tells the path outside of it.
 */
function readCpuset(fs: Sysfs, { mountPoint, files, path }: Hierarchy): number[] | null {
  for (let at = posix.normalize(`/${path}`); ; at = posix.dirname(at)) {
    for (const file of files) {
      const cpus = fs.list(posix.join(mountPoint, at, file));
      // An empty set there means "as the parent".
      if (cpus && cpus.length > 0) return cpus;
    }
    if (at === '/') return null;
  }
}

function hierarchies(fs: Sysfs): Hierarchy[] {
  const self = fs.text('proc/self/cgroup') ?? '';
  const cpusetPath = fs.text('proc/self/cpuset');
  const unifiedPath = /^0::(.*)$/m.exec(self)?.[1] ?? cpusetPath ?? '/';
  const v1Path = /^\d+:(?:[^:]*,)?cpuset(?:,[^:]*)?:(.*)$/m.exec(self)?.[1] ?? cpusetPath ?? '/';
  return (fs.text('proc/mounts') ?? '').split('\n').flatMap((line): Hierarchy[] => {
    const [, mountPoint = '', type, options = ''] = line.split(' ').map(unescapeMount);
    if (type === 'cgroup2') return [{ mountPoint, files: V2_FILES, path: unifiedPath }];
    const isV1 = type === 'cpuset' || (type === 'cgroup' && options.split(',').includes('cpuset'));
    return isV1 ? [{ mountPoint, files: V1_FILES, path: v1Path }] : [];
  });
}

/** proc/mounts writes blanks as octal escapes (fstab(5)). */
function unescapeMount(text: string): string {
  return text.replace(/\\([0-7]{3})/g, (_, octal: string) =>
    String.fromCharCode(Number.parseInt(octal, 8)),
  );
}
