import { childId } from '../cpu/plan.js';
import type { Logger } from '../logging/logger.js';
import { Child } from './child.js';
import type { FleetOptions } from './fleet-options.js';
import type { KeptChild } from './kept.js';
import { ephemeralOverlap, leaseAgain, leasePorts } from './ports.js';
import type { ChildSetup } from './setup.js';

export interface ChildrenOptions extends Pick<FleetOptions, 'portBase' | 'onPorts'> {
  readonly logger: Logger;
}

/** CPUs of children, one set each. */
type CpuSets = FleetOptions['cpus'];

/** The children of a fleet, by id. New ones come last, and the last ones are removed first. */
export class Children {
  readonly #options: ChildrenOptions;
  readonly #children = new Map<string, Child>();
  /** Last generation of each removed child: a new one under its id goes on from there. */
  readonly #removed = new Map<string, number>();

  constructor(options: ChildrenOptions) {
    this.#options = options;
  }

  get size(): number {
    return this.#children.size;
  }

  get(id: string): Child | undefined {
    return this.#children.get(id);
  }

  [Symbol.iterator](): IterableIterator<Child> {
    return this.#children.values();
  }

  /** Process ids of those that run. */
  pids(): number[] {
    return Array.from(this).flatMap(({ pid }) => pid ?? []);
  }

  /**
   * Makes children with these CPUs and guards their ports; returns their ids. Rejects with
   * ERR_CONFIG, and makes none, if there are no ports for them or these cannot be guarded.
   */
  async make(setup: ChildSetup, cpus: CpuSets): Promise<string[]> {
    const { portBase, logger } = this.#options;
    const leases = await leasePorts(cpus.length, portBase);
    const overlap = await ephemeralOverlap(leases);
    if (overlap !== null) logger.warn(overlap);
    const ids = leases.map((lease, index) => {
      const id = childId(this.#children.size);
      const generation = this.#removed.get(id) ?? 0;
      this.#children.set(id, new Child({ id, cpus: cpus[index] ?? [], lease, generation }, setup));
      return id;
    });
    try {
      await this.tellPorts();
    } catch (error) {
      for (const id of ids) await this.forget(id);
      throw error;
    }
    return ids;
  }

  /** Makes the children that the program before this one gave, and has them go on. */
  async adopt(setup: ChildSetup, kept: readonly KeptChild[]): Promise<void> {
    for (const { id, cpus, ports, generation } of kept) {
      const lease = await leaseAgain(ports);
      this.#children.set(id, new Child({ id, cpus, lease, generation }, setup));
    }
    await this.tellPorts();
    await Promise.all(kept.map((one) => this.#children.get(one.id)?.adopt(one)));
  }

  /** Returns what outlives the program of each child. */
  async give(): Promise<KeptChild[]> {
    const given = await Promise.all(Array.from(this, (child) => child.give()));
    return given.filter((one) => one !== null);
  }

  /** Forgets the last child, which has ended, and releases its ports. */
  async forget(id: string): Promise<void> {
    const child = this.#children.get(id);
    if (child === undefined) return;
    this.#children.delete(id);
    this.#removed.set(id, child.generation);
    await child.release();
  }

  /** Tells the ports of all children to whom guards them. */
  async tellPorts(): Promise<void> {
    await this.#options.onPorts?.(Array.from(this, (child) => child.status().ports));
  }

  /** Reads the CPUs of `count` children from index `from` on, one after another. */
  async readCpus(from: number, count: number): Promise<void> {
    for (const child of [...this].slice(from, from + count)) await child.cpus.read();
  }

  /** Pins the children to other CPUs, in the order of their ids. */
  async repin(cpus: CpuSets): Promise<void> {
    for (const [index, child] of [...this].entries()) await child.cpus.repin(cpus[index] ?? []);
  }
}
