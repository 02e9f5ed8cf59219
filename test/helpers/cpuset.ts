import { mkdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { messageOf } from '../../src/errors.js';

/** Directories of the cpuset hierarchy: cgroup v1, v2. */
const ROOTS = ['/sys/fs/cgroup/cpuset', '/sys/fs/cgroup'];

/** A cgroup whose CPUs a test changes while processes run in it. */
export class CpuSetGroup {
  readonly #path: string;

  private constructor(path: string) {
    this.#path = path;
  }

  /** Throws if no such group can be made. */
  static make(name: string, cpus: string): CpuSetGroup {
    const root = ROOTS.find(
      (path) => canRead(join(path, 'cpuset.cpus.effective')) || canRead(join(path, 'cpuset.cpus')),
    );
    if (root === undefined) throw new Error('no cpuset here');
    const group = new CpuSetGroup(join(root, name));
    mkdirSync(group.#path);
    try {
      if (canRead(join(root, 'cpuset.mems'))) {
        writeFileSync(join(group.#path, 'cpuset.mems'), readFileSync(join(root, 'cpuset.mems')));
      }
      group.allow(cpus);
      return group;
    } catch (error) {
      group.remove();
      throw error;
    }
  }

  allow(cpus: string): void {
    writeFileSync(join(this.#path, 'cpuset.cpus'), cpus);
  }

  /** Command prefix that runs a program in the group. */
  get enter(): string[] {
    return ['sh', '-c', `echo $$ > "${this.#path}/cgroup.procs"; exec "$@"`, 'sh'];
  }

  /** Removes the group, which must be empty. */
  remove(): void {
    rmdirSync(this.#path);
  }
}

function canRead(path: string): boolean {
  try {
    readFileSync(path);
    return true;
  } catch {
    return false;
  }
}

/** False, or why the CPUs of a process cannot be changed here. */
export const NO_CPUSETS = whyNot();

function whyNot(): string | false {
  if (availableParallelism() < 2) return 'needs two CPUs';
  try {
    CpuSetGroup.make(`srs-supervisor-probe-${process.pid}`, '0').remove();
    return false;
  } catch (error) {
    return `no cpuset can be made here: ${messageOf(error)}`;
  }
}
