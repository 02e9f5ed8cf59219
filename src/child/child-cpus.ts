import type { Logger } from '../logging/logger.js';
import type { Pinning } from './pinning.js';

/** The CPUs of one child: those that it is to have, and those that its process has. */
export class ChildCpus {
  readonly #pinning: Pinning | null;
  readonly #logger: Logger;
  /** Returns the process; null while none runs. */
  readonly #pid: () => number | null;
  #wanted: readonly number[];
  #actual: readonly number[] = [];

  constructor(
    wanted: readonly number[],
    pid: () => number | null,
    { pinning, logger }: { readonly pinning: Pinning | null; readonly logger: Logger },
  ) {
    this.#wanted = wanted;
    this.#pid = pid;
    this.#pinning = pinning;
    this.#logger = logger;
  }

  /** CPUs that its processes are to have. */
  get wanted(): readonly number[] {
    return this.#wanted;
  }

  /** CPUs of all threads of its process, as last read. */
  get actual(): readonly number[] {
    return this.#actual;
  }

  /** Returns the words before a command that pin its process. */
  prefix(): readonly string[] {
    return (this.#wanted.length > 0 ? this.#pinning?.prefix(this.#wanted) : null) ?? [];
  }

  /** Notes that its process has ended. */
  forget(): void {
    this.#actual = [];
  }

  /** Reads the CPUs of its process; returns whether all threads have the same. */
  async read(): Promise<boolean> {
    const pid = this.#pid();
    if (pid === null || this.#wanted.length === 0) return true;
    const affinity = await this.#pinning?.readAffinity(pid);
    if (this.#pid() === pid) this.#actual = affinity?.cpus ?? [];
    return affinity?.uniform !== false;
  }

  /** Pins its process, and later ones, to other CPUs. */
  async repin(cpus: readonly number[]): Promise<void> {
    this.#wanted = cpus;
    const pid = this.#pid();
    if (pid === null) return;
    const moved = await this.#pinning?.move(pid, cpus);
    const reason = moved?.ok === false ? moved.reason : null;
    if (reason !== null) this.#logger.warn({ cpus, reason }, 'child not bound to its new CPUs');
    await this.read();
  }
}
