import type { ChildProcess } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import type { Readable } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';
import { execa } from 'execa';
import { codeOf, messageOf } from '../errors.js';
import { takeUsualPriority } from './priority.js';

/** A process without input, whose outputs we read. */
export interface Program {
  /** Execa's process is also a promise; inside this object it is not awaited by mistake. */
  readonly child: ChildProcess;
  readonly pid: number;
  readonly stdout: Readable;
  readonly stderr: Readable;
}

export interface ProgramOptions {
  readonly cwd?: string;
  /** The complete environment; default: our own. */
  readonly env?: Record<string, string>;
  /** Runs in a session of its own, out of reach of the terminal's signals. */
  readonly detached?: boolean;
}

export interface ShortProgramOptions extends ProgramOptions {
  /** Milliseconds after which it is killed; default: a minute. */
  readonly limitMs?: number;
}

/** Result of a short program. */
export interface ProgramOutcome {
  /** Null if it did not start, was killed, or timed out. */
  readonly exitCode: number | null;
  /** Standard output and error together, at most 256 KB of each. */
  readonly output: string;
  /** The part from standard error. */
  readonly errors: string;
  /** Why there is no exit code; else ''. */
  readonly failure: string;
  /** System error code (`ENOENT`, `EMFILE`, …) if it did not start; else ''. */
  readonly code: string;
}

/** Milliseconds. `srs -t` takes 20 ms of CPU, which a busy machine may give it late. */
const RUN_LIMIT_MS = 60_000;
const MAX_OUTPUT = 256 * 1024;

/** Descriptors used briefly while a process starts: two pipes, and the one that reports `exec`. */
const SPAWN_DESCRIPTORS = 8;

/** Starts a program. Rejects with an error that has the system's code if that fails. */
export async function startProgram(
  [file = '', ...args]: readonly string[],
  { cwd, env, detached = false }: ProgramOptions = {},
): Promise<Program> {
  requireDescriptors();
  // No `cleanup`: the caller ends the process.
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
  if (pid !== undefined) {
    takeUsualPriority(pid);
    return { child, pid, stdout, stderr };
  }
  const { code = '', originalMessage = '' } = await child;
  throw Object.assign(new Error(originalMessage), { code });
}

/**
 * Throws EMFILE if too few descriptors are left: Node then returns a process without streams, on
 * which execa fails.
 */
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
  { limitMs = RUN_LIMIT_MS, ...options }: ShortProgramOptions = {},
): Promise<ProgramOutcome> {
  try {
    return await outcomeOf(await startProgram(command, options), limitMs);
  } catch (error) {
    const failure = messageOf(error);
    return { exitCode: null, output: '', errors: '', failure, code: codeOf(error) };
  }
}

async function outcomeOf(program: Program, limitMs: number): Promise<ProgramOutcome> {
  const { child, stdout, stderr } = program;
  const said: Piece[] = [];
  read(stdout, said, 'stdout');
  read(stderr, said, 'stderr');
  const closed = new Promise<number | null>((resolve) => child.once('close', resolve));
  const limit = new AbortController();
  const late = delay(limitMs, 'late' as const, { signal: limit.signal }).catch(() => null);
  const end = await Promise.race([closed, late]);
  limit.abort();
  const output = textOf(said);
  const errors = textOf(said.filter(({ from }) => from === 'stderr'));
  if (end !== 'late') return { exitCode: end, output, errors, failure: failureOf(child), code: '' };
  abandon(program);
  return { exitCode: null, output, errors, failure: `no end after ${limitMs} ms`, code: '' };
}

interface Piece {
  readonly from: 'stdout' | 'stderr';
  readonly bytes: Buffer;
}

/** Reads both outputs in order of arrival. */
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

/** Kills a program that timed out, and closes its pipes, which its own children may hold open. */
function abandon({ child, stdout, stderr }: Program): void {
  child.kill('SIGKILL');
  stdout.destroy();
  stderr.destroy();
}
