import { readAllowed, readCpusets } from './allowed.js';
import { formatCpuList } from './cpuset.js';
import { Sysfs } from './sysfs.js';
import { readOnline, readTopology } from './topology.js';
import type { CpuSet, Topology } from './types.js';

/**
 * Detects changes of the CPUs that we may use: a changed cpuset, a CPU that goes offline. Create it
 * before the process pins itself.
 */
export class CpuChanges {
  readonly #root: string;
  /** The affinity mask at start, if it was narrower than the cgroups; else null. */
  readonly #mask: CpuSet | null;
  /** The CPUs of this process before it pinned itself. */
  readonly first: CpuSet;
  #known: string;

  constructor(root = '/') {
    this.#root = root;
    const fs = new Sysfs(root);
    const { online } = readOnline(fs, root);
    const isolated = fs.list('sys/devices/system/cpu/isolated') ?? [];
    const masked = readAllowed(fs, online, isolated);
    this.#mask = masked.length < readCpusets(fs, online).length ? masked : null;
    this.first = masked;
    this.#known = formatCpuList(masked);
  }

  /** The last known CPUs, in the kernel's list form. */
  get known(): string {
    return this.#known;
  }

  /** Returns the new topology if the usable CPUs changed since the last call; else null. */
  poll(): Topology | null {
    const fs = new Sysfs(this.#root);
    const { online } = readOnline(fs, this.#root);
    const now = formatCpuList(readAllowed(fs, online, [], this.#mask));
    if (now === this.#known) return null;
    this.#known = now;
    return readTopology(this.#root, this.#mask);
  }
}
