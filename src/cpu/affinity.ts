import { readdirSync } from 'node:fs';
import { readProc } from '../system/read-proc.js';
import { runProgram } from '../system/run-program.js';
import { formatCpuList, parseAllowedList, sortedSet } from './cpuset.js';
import type { CpuSet } from './types.js';

/** CPU affinity of all threads of a process. */
export interface Affinity {
  /** Union of the threads' masks. */
  readonly cpus: CpuSet;
  /** All threads have the same mask. */
  readonly uniform: boolean;
  readonly threads: number;
}

/** Result of pinning; `reason` completes the sentence of a warning. */
export type Pinned = { readonly ok: true } | { readonly ok: false; readonly reason: string };

const OK: Pinned = { ok: true };

/** A thread created while taskset walks the list can keep its old mask; a retry catches it. */
const PIN_ATTEMPTS = 3;

/**
 * Returns the command prefix that runs a program on these CPUs only; empty for no CPUs. taskset
 * (util-linux) sets its own mask and execs: same pid, and all threads inherit the mask.
 */
export function pinPrefix(cpus: CpuSet): string[] {
  return cpus.length === 0 ? [] : ['taskset', '-c', formatCpuList(cpus)];
}

/** Pins a process to one of our CPUs and reads the mask back. */
export async function canPin(): Promise<Pinned> {
  const own = readThread('/proc/self/status');
  const cpu = own?.at(-1);
  if (cpu === undefined) return refused('this system has no /proc that tells CPU affinity');
  const [taskset = '', ...args] = pinPrefix([cpu]);
  const result = await run(taskset, [...args, 'cat', '/proc/self/status']);
  if (!result.ok) return result;
  const got = formatCpuList(parseAllowedList(result.stdout) ?? []);
  return got === `${cpu}` ? OK : refused(`taskset to CPU ${cpu} gave CPUs '${got}'`);
}

/**
 * Reads the mask of every thread of a process; null if it has ended or is unreadable. Reads
 * synchronously: a turn of Node's thread pool for each thread costs ten times as much.
 */
export function readAffinity(pid: number): Affinity | null {
  const masks = threadsOf(pid).map((id) => readThread(`/proc/${pid}/task/${id}/status`));
  const known = masks.filter((mask) => mask !== null);
  if (known.length === 0) return null;
  return {
    cpus: sortedSet(known.flat()),
    uniform: new Set(known.map(formatCpuList)).size === 1,
    threads: known.length,
  };
}

/** Pins all threads of a running process, and reads back that none kept its old mask. */
export async function pinThreads(pid: number, cpus: CpuSet): Promise<Pinned> {
  const wanted = formatCpuList(cpus);
  let found: Affinity | null = null;
  for (let attempt = 0; attempt < PIN_ATTEMPTS; attempt++) {
    const result = await run('taskset', ['-a', '-c', '-p', wanted, `${pid}`]);
    found = readAffinity(pid);
    if (found === null) return refused(`process ${pid} is gone`);
    if (found.uniform && formatCpuList(found.cpus) === wanted) return OK;
    if (!result.ok) return result;
  }
  return refused(`process ${pid} runs on CPUs ${formatCpuList(found?.cpus ?? [])}, not ${wanted}`);
}

/**
 * Pins the supervisor's own threads; later threads inherit the mask. No CPUs: no change. Children
 * that are spawned without a prefix of their own inherit these CPUs, too.
 */
export async function pinSelf(cpus: CpuSet): Promise<Pinned> {
  return cpus.length === 0 ? OK : pinThreads(process.pid, cpus);
}

function threadsOf(pid: number): string[] {
  try {
    return readdirSync(`/proc/${pid}/task`);
  } catch {
    return [];
  }
}

/** Pins the main thread, and those that it starts from now on; other ones keep their CPUs. */
export async function pinMain(cpus: CpuSet): Promise<void> {
  await run('taskset', ['-c', '-p', formatCpuList(cpus), `${process.pid}`]);
}

/** Reads the CPUs of one thread; null if it has ended, or is a zombie. */
function readThread(path: string): number[] | null {
  try {
    const status = readProc(path);
    return /^State:\s*[ZX]/m.test(status) ? null : parseAllowedList(status);
  } catch {
    return null;
  }
}

type Output = { readonly ok: true; readonly stdout: string } | (Pinned & { readonly ok: false });

async function run(file: string, args: string[]): Promise<Output> {
  const { exitCode, output, errors, failure, code } = await runProgram([file, ...args]);
  if (exitCode === 0) return { ok: true, stdout: output };
  if (code === 'ENOENT') return refused(`'${file}' is not installed (util-linux)`);
  const said = errors || failure || `exit code ${exitCode}`;
  return refused(said.split('\n', 1)[0] ?? said);
}

function refused(reason: string): Pinned & { readonly ok: false } {
  return { ok: false, reason };
}
