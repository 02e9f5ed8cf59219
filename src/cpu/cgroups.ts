import { posix } from 'node:path';
import type { Sysfs } from './sysfs.js';

/** A mounted cgroup hierarchy and this process's place in it. */
export interface Hierarchy {
  readonly version: 1 | 2;
  readonly mountPoint: string;
  /** Directories of the process's cgroup and its ancestors, innermost first. */
  readonly directories: readonly string[];
}

/** Returns the mounted hierarchies that may limit by `controller`: the v2 one and v1's own. */
export function readHierarchies(fs: Sysfs, controller: 'cpu' | 'cpuset'): Hierarchy[] {
  const self = fs.text('proc/self/cgroup') ?? '';
  const fallback = fs.text('proc/self/cpuset') ?? '/';
  const unifiedPath = /^0::(.*)$/m.exec(self)?.[1] ?? fallback;
  const v1Path = pathOf(self, controller) ?? fallback;
  return (fs.text('proc/mounts') ?? '').split('\n').flatMap((line): Hierarchy[] => {
    const [, mountPoint = '', type = '', options = ''] = line.split(' ').map(unescapeMount);
    if (type === 'cgroup2') {
      return [{ version: 2, mountPoint, directories: upwards(mountPoint, unifiedPath) }];
    }
    const isV1 = type === controller || (type === 'cgroup' && has(options, controller));
    return isV1 ? [{ version: 1, mountPoint, directories: upwards(mountPoint, v1Path) }] : [];
  });
}

/** Finds the controller's path in lines such as `5:cpu,cpuset:/job`. */
function pathOf(self: string, controller: string): string | undefined {
  const fields = self.split('\n').map((line) => /^\d+:([^:]*):(.*)$/.exec(line));
  return fields.find((field) => field !== null && has(field[1] ?? '', controller))?.[2];
}

function has(list: string, name: string): boolean {
  return list.split(',').includes(name);
}

/**
 * Returns the directories up to the mount point. Some may not exist: a container can see its own
 * cgroup as the root while `proc/self/cgroup` gives the path outside of the container.
 */
function upwards(mountPoint: string, path: string): string[] {
  const directories: string[] = [];
  for (let at = posix.normalize(`/${path}`); ; at = posix.dirname(at)) {
    directories.push(posix.join(mountPoint, at));
    if (at === '/') return directories;
  }
}

/** Decodes the octal escapes of blanks in proc/mounts (fstab(5)). */
function unescapeMount(text: string): string {
  return text.replace(/\\([0-7]{3})/g, (_, octal: string) =>
    String.fromCharCode(Number.parseInt(octal, 8)),
  );
}
