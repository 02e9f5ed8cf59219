import type { ChildProcess } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import type { Readable } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';
import { execa } from 'execa';
import { codeOf, messageOf } from '../errors.js';

/** A process with nothing to read, and both outputs to be read by us. */
export interface Program {
  /** Execa's process is a promise, too: in an object of its own nobody awaits it by mistake. */
  readonly child: ChildProcess;
  readonly pid: number;
  readonly stdout: Readable;
  readonly stderr: Readable;
}

export interface ProgramOptions {
  readonly cwd?: string;
  /** The whole environment; default: our own. */
  readonly env?: Record<string, string>;
  /** In a session of its own: signals of the terminal are not for it. */
  readonly detached?: boolean;
}

/** What became of a short program. */
export interface ProgramOutcome {
  /** Null where it never ran, was killed, or took too long. */
  readonly exitCode: number | null;
  /** Standard output and error together, of each at most 256 KB. */
  readonly output: string;
  /** The part of it that came by standard error. */
  readonly errors: string;
  /** Why it did not come to an exit code; else ''. */
  readonly failure: string;
  /** The system's code (`ENOENT`, `EMFILE`, …) where it could not be started; else ''. */
  readonly code: string;
}

/** `srs -v` and `srs -t` take 20 ms, taskset some ms. */
const RUN_LIMIT_MS = 10_000;
const MAX_OUTPUT = 256 * 1024;

/** Descriptors that making a process takes for a moment: two pipes, and what tells of `exec`. */
const SPAWN_DESCRIPTORS = 8;

/**
 * Resolves when the system has made the process, and rejects with an error that has the system's
 * code where it has not.
 */
export async function startProgram(
  [file = '', ...args]: readonly string[],
  { cwd, env, detached = false }: ProgramOptions = {},
): Promise<Program> {
  requireDescriptors();
  // No `cleanup`: who starts a process sees to its end.
  const child = execa(file, args, {
    ...(cwd === undefined ? {} : { cwd }),
    ...(env === undefined ? {} : { env, extendEnv: false }),
    detached,
    cleanup: false,
    buffer: false,
    reject: false,
    forceKillAfterDelay: false,
    stdin: 'ignore',
  });
  const { pid, stdout, stderr } = child;
  if (pid !== undefined) return { child, pid, stdout, stderr };
  const { code = '', originalMessage = '' } = await child;
  throw Object.assign(new Error(originalMessage), { code });
}

/** Throws EMFILE where too few are left: Node then gives a process without streams, which execa cannot take. */
function requireDescriptors(): void {
  const open: number[] = [];
  try {
    while (open.length < SPAWN_DESCRIPTORS) open.push(openSync('/dev/null', 'r'));
  } finally {
    for (const fd of open) closeSync(fd);
  }
}

/** Runs a short program to its end. Never rejects. */
export async function runProgram(
  command: readonly string[],
  options: ProgramOptions = {},
): Promise<ProgramOutcome> {
  try {
    return await outcomeOf(await startProgram(command, options));
  } catch (error) {
    const failure = messageOf(error);
    return { exitCode: null, output: '', errors: '', failure, code: codeOf(error) };
  }
}

async function outcomeOf(program: Program): Promise<ProgramOutcome> {
  const { child, stdout, stderr } = program;
  const said: Piece[] = [];
  read(stdout, said, 'stdout');
  read(stderr, said, 'stderr');
  const closed = new Promise<number | null>((resolve) => child.once('close', resolve));
  const limit = new AbortController();
  const late = delay(RUN_LIMIT_MS, 'late' as const, { signal: limit.signal }).catch(() => null);
  const end = await Promise.race([closed, late]);
  limit.abort();
  const output = textOf(said);
  const errors = textOf(said.filter(({ from }) => from === 'stderr'));
  if (end !== 'late') return { exitCode: end, output, errors, failure: failureOf(child), code: '' };
  abandon(program);
  return { exitCode: null, output, errors, failure: `no end after ${RUN_LIMIT_MS} ms`, code: '' };
}

interface Piece {
  readonly from: 'stdout' | 'stderr';
  readonly bytes: Buffer;
}

/** Both outputs in the order in which they came. */
function read(stream: Readable, said: Piece[], from: Piece['from']): void {
  let size = 0;
  stream.on('data', (bytes: Buffer) => {
    if (size < MAX_OUTPUT) said.push({ from, bytes });
    size += bytes.length;
  });
}

function textOf(said: readonly Piece[]): string {
  return Buffer.concat(said.map(({ bytes }) => bytes)).toString();
}

function failureOf({ signalCode }: ChildProcess): string {
  return signalCode === null ? '' : `killed by ${signalCode}`;
}

/** What it forked may hold its pipes open for ever. */
function abandon({ child, stdout, stderr }: Program): void {
  child.kill('SIGKILL');
  stdout.destroy();
  stderr.destroy();
}
