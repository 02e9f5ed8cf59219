/** How the commands of the documents are run: what stands for what, and how each is judged. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';

/** Commands that no test runs here, each with its reason. */
export const NOT_RUN: readonly (readonly [pattern: RegExp, reason: string])[] = [
  [/^npm (ci|start)$/, 'installs: `npm run test:installs` runs it on every Node'],
  [/^npm (test|run (test|bench|build))\b/, 'is a test run itself'],
  [/^node (dist\/test\/|--test )/, 'is the test run itself'],
  [/^systemctl /, '`npm run test:systemd` runs it under a systemd'],
];

/** A command under way, with all that it has started. */
export class Running {
  readonly #process: ChildProcess;
  readonly #closed: Promise<unknown>;
  #output = '';

  /** Starts the words; the command of a document is the last of them, for `sh -c`. */
  constructor(words: readonly string[], around: { cwd: string; env: NodeJS.ProcessEnv }) {
    const [program = '', ...args] = words;
    const stdio = ['ignore', 'pipe', 'pipe'] as const;
    // A process group of its own, which ends as a whole.
    this.#process = spawn(program, args, { ...around, stdio: [...stdio], detached: true });
    for (const stream of [this.#process.stdout, this.#process.stderr]) {
      stream?.on('data', (text: Buffer) => {
        this.#output += text;
      });
    }
    this.#closed = once(this.#process, 'close');
  }

  /** All its output, standard error included. */
  get output(): string {
    return this.#output;
  }

  get code(): number | null {
    return this.#process.exitCode;
  }

  get hasEnded(): boolean {
    return this.#process.exitCode !== null || this.#process.signalCode !== null;
  }

  /** Resolves at its end, to its exit code. */
  async ended(): Promise<number | null> {
    await this.#closed;
    return this.code;
  }

  /** Ends it as Ctrl-C does. */
  async stop(): Promise<void> {
    const { pid } = this.#process;
    if (pid !== undefined && !this.hasEnded) process.kill(-pid, 'SIGINT');
    await this.#closed;
  }
}
