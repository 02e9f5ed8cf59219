import { once } from 'node:events';
import type { Readable } from 'node:stream';
import { codeOf, messageOf, SupervisorError } from '../errors.js';
import { runProgram, startProgram } from '../system/run-program.js';
import { signal } from './process.js';

/** What to start, where. */
export interface SpawnPlan {
  /** The whole command line; what stands before SRS itself must exec it, so that the pid is SRS's. */
  readonly argv: readonly string[];
  readonly cwd: string;
  readonly env: Record<string, string>;
}

/** Code or signal: one of them is null. */
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
  /** Resolves, never rejects, when all that it wrote has been read. */
  readonly drained: Promise<void>;
  kill(name: NodeJS.Signals): void;
}

/** What the system says when it has too little for one more process now, but may have later. */
const SHORTAGES = new Set(['EMFILE', 'ENFILE', 'EAGAIN', 'ENOMEM']);

/**
 * Starts one process in a session of its own: a Ctrl-C at the terminal is for us, not for it. Its
 * output must be read. Throws ERR_CHILD_BINARY where it cannot be started, and ERR_CHILD_START where
 * the system has too little for it now.
 */
export async function spawnProcess({ argv, cwd, env }: SpawnPlan): Promise<Spawned> {
  // `guardPrefix` sees to our sudden end.
  const started = await startProgram(argv, { cwd, env, detached: true }).catch(refuse);
  const { child, pid, stdout, stderr } = started;
  // Node's `close` waits for the pipes too, which a process that SRS forked may hold open.
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

/** CAP_NET_ADMIN and the like, which a service may have for our `nft`, are not for children. */
const NO_RIGHTS = ['--inh-caps=-all', '--ambient-caps=-all'];

/**
 * Words that make the kernel kill a child when we die, however we die, and that take from it what
 * rights a user other than root was given; none where it cannot be.
 */
export async function guardPrefix(env: Record<string, string>): Promise<string[]> {
  const prefix = ['setpriv', '--pdeathsig', 'KILL', ...NO_RIGHTS, '--'];
  const { exitCode } = await runProgram([...prefix, 'true'], { env });
  return exitCode === 0 ? prefix : [];
}
