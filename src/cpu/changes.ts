import { readAllowed, readCpusets } from './allowed.js';
import { formatCpuList } from './cpuset.js';
import { Sysfs } from './sysfs.js';
import { readOnline, readTopology } from './topology.js';
import type { CpuSet, Topology } from './types.js';

/**
 * Tells when the CPUs that we may use become others: a cpuset that shrinks or grows, a CPU that is
 * taken offline. To be made before the process pins itself.
 */
export class CpuChanges {
  readonly #root: string;
  /** The mask that the process was started with, where that left it less than its cgroups do. */
  readonly #mask: CpuSet | null;
  #known: string;

  constructor(root = '/') {
    this.#root = root;
    const fs = new Sysfs(root);
    const { online } = readOnline(fs, root);
    const isolated = fs.list('sys/devices/system/cpu/isolated') ?? [];
    const masked = readAllowed(fs, online, isolated);
    this.#mask = masked.length < readCpusets(fs, online).length ? masked : null;
    this.#known = formatCpuList(masked);
  }

  /** The CPUs that we knew of last, in the kernel's list form. */
  get known(): string {
    return this.#known;
  }

  /** The machine as it is now, where we may use other CPUs than at the last call; else null. */
  poll(): Topology | null {
    const fs = new Sysfs(this.#root);
    const { online } = readOnline(fs, this.#root);
    const now = formatCpuList(readAllowed(fs, online, [], this.#mask));
    if (now === this.#known) return null;
    this.#known = now;
    return readTopology(this.#root, this.#mask);
  }
}
