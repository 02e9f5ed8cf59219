/** CPUs of a process, from /proc. */
interface Affinity {
  readonly cpus: readonly number[];
  /** True if all its threads have the same CPUs. */
  readonly uniform: boolean;
}

/** Result of a pinning; the reason follows a colon. */
type Moved = { readonly ok: true } | { readonly ok: false; readonly reason: string };

/** Pins processes to CPUs; implemented by the room `cpu`. */
export interface Pinning {
  /** Returns command words that pin and exec what follows. */
  prefix(cpus: readonly number[]): string[];
  /** Returns null if the process has ended. */
  readAffinity(pid: number): Affinity | null | Promise<Affinity | null>;
  /** Pins all threads of a running process. */
  move(pid: number, cpus: readonly number[]): Promise<Moved>;
}
