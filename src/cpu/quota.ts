import { readHierarchies } from './cgroups.js';
import type { Sysfs } from './sysfs.js';

/**
 * How many CPUs' time the process's cgroups allow it (cgroup v2 `cpu.max`, v1 `cpu.cfs_quota_us`),
 * the least of those around it; null where none limits it. It runs on any CPU meanwhile.
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

/** `200000 100000`: microseconds in each period; `max` instead of the first where there is no limit. */
function quotaV2(fs: Sysfs, directory: string): number | null {
  const [quota, period] = (fs.text(`${directory}/cpu.max`) ?? '').split(' ').map(Number);
  return ratio(quota, period);
}

/** -1 where there is no limit. */
function quotaV1(fs: Sysfs, directory: string): number | null {
  const quota = fs.number(`${directory}/cpu.cfs_quota_us`);
  const period = fs.number(`${directory}/cpu.cfs_period_us`);
  return ratio(quota ?? undefined, period ?? undefined);
}

function ratio(quota = Number.NaN, period = Number.NaN): number | null {
  return quota > 0 && period > 0 ? quota / period : null;
}
