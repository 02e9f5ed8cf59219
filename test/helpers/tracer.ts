import assert from 'node:assert/strict';
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';

/**
 * Keeps a process from being gone, as a disk wait does: the kernel tells its parent of its end only
 * when the tracer has taken note of it, which this one never does.
 */
export class Tracer {
  readonly #process: ChildProcess;

  private constructor(tracing: ChildProcess) {
    this.#process = tracing;
  }

  /** Begins to trace the process. Takes the right to trace it, which root has. */
  static async of(pid: number): Promise<Tracer> {
    const tracing = fork(join(import.meta.dirname, 'tracer-process.js'), [String(pid)]);
    const [isTraced] = await once(tracing, 'message');
    assert.equal(isTraced, true, 'ptrace is refused: see kernel.yama.ptrace_scope');
    return new Tracer(tracing);
  }

  /** Lets go of the process; an end of it is told then. */
  async close(): Promise<void> {
    if (this.#process.exitCode !== null || this.#process.signalCode !== null) return;
    const exited = once(this.#process, 'exit');
    this.#process.kill('SIGKILL');
    await exited;
  }
}
