import { readHierarchies } from './cgroups.js';
import type { Sysfs } from './sysfs.js';

/**
 * Returns the CPU time quota of the process's cgroups in CPUs (cgroup v2 `cpu.max`, v1
 * `cpu.cfs_quota_us`), the smallest of the cgroup and its ancestors; null if there is none. A quota
 * does not tie the process to particular CPUs.
 */
export function readQuota(fs: Sysfs): number | null {
  const quotas = readHierarchies(fs, 'cpu').flatMap(({ version, directories }) =>
    directories.map((directory) =>
      version === 2 ? quotaV2(fs, directory) : quotaV1(fs, directory),
    ),
  );
  const known = quotas.filter((quota) => quota !== null);
  return known.length === 0 ? null : Math.min(...known);
}

/** Reads `200000 100000`: microseconds per period in microseconds; `max` means no limit. */
function quotaV2(fs: Sysfs, directory: string): number | null {
  const [quota, period] = (fs.text(`${directory}/cpu.max`) ?? '').split(' ').map(Number);
  return ratio(quota, period);
}

/** Reads the v1 files; a quota of -1 means no limit. */
function quotaV1(fs: Sysfs, directory: string): number | null {
  const quota = fs.number(`${directory}/cpu.cfs_quota_us`);
  const period = fs.number(`${directory}/cpu.cfs_period_us`);
  return ratio(quota ?? undefined, period ?? undefined);
}

function ratio(quota = Number.NaN, period = Number.NaN): number | null {
  return quota > 0 && period > 0 ? quota / period : null;
}
