import { once } from 'node:events';
import type { Readable } from 'node:stream';
import { execa } from 'execa';
import { SupervisorError } from '../errors.js';
import { signal } from './process.js';

/** What became of a short program. */
export interface Outcome {
  /** Null where it never ran, was killed, or took too long. */
  readonly exitCode: number | null;
  /** Standard output and error together. */
  readonly output: string;
  /** What the system said where it could not be started at all. */
  readonly failure: string;
}

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

/** `-v` and `-t` take SRS 20 ms. */
const RUN_LIMIT_MS = 10_000;

/**
 * Starts one process in a session of its own: a Ctrl-C at the terminal is for us, not for it. Its
 * output must be read. Throws ERR_CHILD_BINARY where it cannot be started.
 */
export async function spawnProcess({ argv, cwd, env }: SpawnPlan): Promise<Spawned> {
  const [file = '', ...args] = argv;
  // No `cleanup`: execa leaves detached processes alone. `guardPrefix` sees to our sudden end.
  const child = execa(file, args, {
    cwd,
    env,
    extendEnv: false,
    detached: true,
    buffer: false,
    reject: false,
    forceKillAfterDelay: false,
    stdin: 'ignore',
  });
  const { pid } = child;
  if (pid === undefined) {
    const { shortMessage } = await child;
    throw new SupervisorError('ERR_CHILD_BINARY', `srs.binary: ${shortMessage ?? file}`);
  }
  const { stdout, stderr } = child;
  // Execa's own promise waits for the pipes too, which a process that SRS forked may hold open.
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

/** Runs a short program to its end. Never rejects. */
export async function run(
  command: readonly string[],
  env: Record<string, string>,
): Promise<Outcome> {
  const [file = '', ...args] = command;
  const result = await execa(file, args, {
    env,
    extendEnv: false,
    all: true,
    reject: false,
    stdin: 'ignore',
    timeout: RUN_LIMIT_MS,
    forceKillAfterDelay: 500,
    maxBuffer: 256 * 1024,
  });
  const failure = result.timedOut ? `no end after ${RUN_LIMIT_MS} ms` : result.originalMessage;
  return {
    exitCode: result.exitCode ?? null,
    output: result.all ?? '',
    failure: failure ?? '',
  };
}

/** CAP_NET_ADMIN and the like, which a service may have for our `nft`, are not for children. */
const NO_RIGHTS = ['--inh-caps=-all', '--ambient-caps=-all'];

/**
 * Words that make the kernel kill a child when we die, however we die, and that take from it what
 * rights a user other than root was given; none where it cannot be.
 */
export async function guardPrefix(env: Record<string, string>): Promise<string[]> {
  const prefix = ['setpriv', '--pdeathsig', 'KILL', ...NO_RIGHTS, '--'];
  const { exitCode } = await run([...prefix, 'true'], env);
  return exitCode === 0 ? prefix : [];
}
