/** The kernel's CPU numbers, sorted. Groups are sorted by their first CPU and never overlap. */
export type CpuSet = readonly number[];

export interface NumaNode {
  /** The kernel's node number; numbers may have gaps. */
  readonly id: number;
  readonly pus: CpuSet;
}

/** Cores of one speed class, on a machine with several. */
export interface CoreKind {
  /** `P`, `E`, `Cortex-A725`, … */
  readonly name: string;
  readonly pus: CpuSet;
}

/** Groups of CPUs that share a resource. `pus` are hardware threads. */
export interface CpuGroups {
  /** Empty if the kernel does not report packages. */
  readonly packages: readonly CpuSet[];
  /** Nodes that have CPUs. */
  readonly numa: readonly NumaNode[];
  /** Each core as the set of its hardware threads. */
  readonly cores: readonly CpuSet[];
  /** CPUs that share an L3 cache; null: no caches reported; empty: no L3 cache. */
  readonly l3: readonly CpuSet[] | null;
}

/** The CPUs of one machine as the kernel reports them. The groups hold every online CPU. */
export interface Topology extends CpuGroups {
  readonly online: CpuSet;
  readonly offline: CpuSet;
  /** CPUs excluded from scheduling by `isolcpus`; null: the kernel does not report them. */
  readonly isolated: CpuSet | null;
  /** Ids of memory-only nodes. */
  readonly numaWithoutCpus: readonly number[];
  /** Slowest first; null if all cores are alike. */
  readonly coreKinds: readonly CoreKind[] | null;
  /** Online CPUs that this process may use. */
  readonly allowed: CpuSet;
  /** CPU time quota of its cgroups in CPUs; null: none. */
  readonly quota: number | null;
  /** The groups cut to `allowed`, without empty ones. */
  readonly usable: CpuGroups;
  /** Contradictions in the kernel's files, one line each. */
  readonly warnings: readonly string[];
}
