import { type ChildProcessByStdio, spawn } from 'node:child_process';
import type { Readable } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';
import { codeOf, messageOf } from './errors.js';

/** A process with nothing to read, and both outputs to be read by us. */
export type Program = ChildProcessByStdio<null, Readable, Readable>;

export interface ProgramOptions {
  readonly cwd?: string;
  /** The whole environment; default: our own. */
  readonly env?: Record<string, string>;
  /** In a session of its own: signals of the terminal are not for it. */
  readonly detached?: boolean;
}

/** What became of a short program. */
export interface Outcome {
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

/**
 * Resolves when the system has made the process, and rejects with the system's error where it has
 * not. Node tells that by an event, or throws, or (no descriptor left) gives a process without
 * streams and an event: here it is always a rejection.
 */
export function startProgram(
  [file = '', ...args]: readonly string[],
  options: ProgramOptions = {},
): Promise<Program> {
  return new Promise((resolve, reject) => {
    const child = spawn(file, args, { ...options, stdio: ['ignore', 'pipe', 'pipe'] });
    // It stays: `kill` reports its failure by the same event.
    child.on('error', reject);
    child.once('spawn', () => resolve(child));
  });
}

/** Runs a short program to its end. Never rejects. */
export async function runProgram(
  command: readonly string[],
  options: ProgramOptions = {},
): Promise<Outcome> {
  try {
    return await outcomeOf(await startProgram(command, options));
  } catch (error) {
    const failure = messageOf(error);
    return { exitCode: null, output: '', errors: '', failure, code: codeOf(error) };
  }
}

async function outcomeOf(child: Program): Promise<Outcome> {
  const said: Piece[] = [];
  read(child.stdout, said, 'stdout');
  read(child.stderr, said, 'stderr');
  const closed = new Promise<number | null>((resolve) => child.once('close', resolve));
  const limit = new AbortController();
  const late = delay(RUN_LIMIT_MS, 'late' as const, { signal: limit.signal }).catch(() => null);
  const end = await Promise.race([closed, late]);
  limit.abort();
  const output = textOf(said);
  const errors = textOf(said.filter(({ from }) => from === 'stderr'));
  if (end !== 'late') return { exitCode: end, output, errors, failure: failureOf(child), code: '' };
  abandon(child);
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

function failureOf({ signalCode }: Program): string {
  return signalCode === null ? '' : `killed by ${signalCode}`;
}

/** What it forked may hold its pipes open for ever. */
function abandon(child: Program): void {
  child.kill('SIGKILL');
  child.stdout.destroy();
  child.stderr.destroy();
}
