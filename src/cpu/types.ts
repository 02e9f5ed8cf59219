/** CPU numbers are the kernel's, sorted. Groups are sorted by their first CPU and never overlap. */
export type CpuSet = readonly number[];

export interface NumaNode {
  /** The kernel's node number: may be sparse. */
  readonly id: number;
  readonly pus: CpuSet;
}

/** Cores of one speed class on a machine that mixes them. */
export interface CoreKind {
  /** `P`, `E`, `Cortex-A725`, … */
  readonly name: string;
  readonly pus: CpuSet;
}

/** The ways in which CPUs belong together. `pus` are hardware threads. */
export interface CpuGroups {
  /** Empty where the kernel does not tell. */
  readonly packages: readonly CpuSet[];
  /** Nodes that have CPUs. */
  readonly numa: readonly NumaNode[];
  /** Each core as the set of its hardware threads. */
  readonly cores: readonly CpuSet[];
  /** CPUs that share a level-3 cache; null: the kernel tells no caches, empty: none of level 3. */
  readonly l3: readonly CpuSet[] | null;
}

/** The CPUs of one machine as the kernel tells them. The groups hold every online CPU. */
export interface Topology extends CpuGroups {
  readonly online: CpuSet;
  readonly offline: CpuSet;
  /** CPUs kept out of the scheduler's balancing by `isolcpus`; null: the kernel does not tell. */
  readonly isolated: CpuSet | null;
  /** Ids of nodes that have memory only. */
  readonly numaWithoutCpus: readonly number[];
  /** Slowest first; null where all cores are alike. */
  readonly coreKinds: readonly CoreKind[] | null;
  /** Online CPUs that this process may use. */
  readonly allowed: CpuSet;
  /** How many CPUs' time it may use on those, by its cgroup's quota; null: no quota. */
  readonly quota: number | null;
  /** The groups cut to `allowed`, empty ones left out. */
  readonly usable: CpuGroups;
  /** What in the kernel's files contradicts itself: one line each. */
  readonly warnings: readonly string[];
}
