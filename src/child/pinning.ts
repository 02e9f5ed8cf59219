/** What /proc says of a process's CPUs. */
interface Affinity {
  readonly cpus: readonly number[];
  /** Whether all its threads have the same. */
  readonly uniform: boolean;
}

/** Whether a process runs where it shall now; the reason is half a sentence. */
type Moved = { readonly ok: true } | { readonly ok: false; readonly reason: string };

/** How a process is bound to CPUs: the room `cpu` knows. */
export interface Pinning {
  /** Words before a command that bind it; they exec what follows. */
  prefix(cpus: readonly number[]): string[];
  /** Null where the process is gone. */
  readAffinity(pid: number): Affinity | null | Promise<Affinity | null>;
  /** Binds all threads of a running process. */
  move(pid: number, cpus: readonly number[]): Promise<Moved>;
}
