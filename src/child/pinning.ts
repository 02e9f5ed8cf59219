/** What /proc says of a process's CPUs. */
interface Affinity {
  readonly cpus: readonly number[];
  /** Whether all its threads have the same. */
  readonly uniform: boolean;
}

/** How a process is bound to CPUs: the room `cpu` knows. */
export interface Pinning {
  /** Words before a command that bind it; they exec what follows. */
  prefix(cpus: readonly number[]): string[];
  /** Null where the process is gone. */
  readAffinity(pid: number): Affinity | null | Promise<Affinity | null>;
}
