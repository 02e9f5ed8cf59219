import { once } from 'node:events';
import type { Readable } from 'node:stream';
import { codeOf, messageOf, SupervisorError } from '../errors.js';
import { runProgram, startProgram } from '../system/run-program.js';
import { signal } from './process.js';

/** Command, folder and environment of a process to start. */
export interface SpawnPlan {
  /** Whole command line. Words before SRS's own must exec it, so that the pid is SRS's. */
  readonly argv: readonly string[];
  readonly cwd: string;
  readonly env: Record<string, string>;
}

/** Either code or signal is null. */
export interface Exit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** A process that runs, or ran. */
export interface Spawned {
  readonly pid: number;
  readonly stdout: Readable;
  readonly stderr: Readable;
  /** Resolves, never rejects, when the operating system has confirmed the end. */
  readonly exited: Promise<Exit>;
  /** Resolves, never rejects, when all its output has been read. */
  readonly drained: Promise<void>;
  kill(name: NodeJS.Signals): void;
}

/** Errors of a system that has too few resources for one more process now. */
const SHORTAGES = new Set(['EMFILE', 'ENFILE', 'EAGAIN', 'ENOMEM']);

/**
 * Starts one process in its own session, so that Ctrl-C at the terminal does not reach it. Its
 * output must be read. Throws ERR_CHILD_BINARY if it cannot be started, ERR_CHILD_START if the
 * system has too few resources now.
 */
export async function spawnProcess({ argv, cwd, env }: SpawnPlan): Promise<Spawned> {
  // `guardPrefix` covers our sudden end.
  const started = await startProgram(argv, { cwd, env, detached: true }).catch(refuse);
  const { child, pid, stdout, stderr } = started;
  // Node's `close` event waits for the pipes, too, which a process forked by SRS may hold open.
  const exited = new Promise<Exit>((resolve) => {
    child.once('exit', (code, name) => {
      signal(-pid, 'SIGKILL');
      resolve({ code, signal: name });
    });
  });
  const closed = [stdout, stderr].map((stream) => once(stream, 'close').catch(() => {}));
  const drained = Promise.all(closed).then(() => {});
  return { pid, stdout, stderr, exited, drained, kill: (name) => void child.kill(name) };
}

function refuse(error: unknown): never {
  const isShortage = SHORTAGES.has(codeOf(error));
  const code = isShortage ? 'ERR_CHILD_START' : 'ERR_CHILD_BINARY';
  const mend = isShortage ? ': see ulimit -n, ulimit -u and the memory of this machine' : '';
  throw new SupervisorError(code, `srs.binary: ${messageOf(error)}${mend}`, { cause: error });
}

/** Capabilities that a service may have for our `nft`; children must not get them. */
const NO_RIGHTS = ['--inh-caps=-all', '--ambient-caps=-all'];

/**
 * Returns command words by which the kernel kills a child when we die in any way, and which drop
 * the capabilities of a user other than root. Empty if the system has no such program.
 */
export async function guardPrefix(env: Record<string, string>): Promise<string[]> {
  const prefix = ['setpriv', '--pdeathsig', 'KILL', ...NO_RIGHTS, '--'];
  const { exitCode } = await runProgram([...prefix, 'true'], { env });
  return exitCode === 0 ? prefix : [];
}
