import { readdir, readFile } from 'node:fs/promises';
import { runProgram } from '../system/run-program.js';
import { formatCpuList, parseAllowedList, sortedSet } from './cpuset.js';
import type { CpuSet } from './types.js';

/** Where the threads of a process may run. */
export interface Affinity {
  /** What any of its threads may use. */
  readonly cpus: CpuSet;
  /** All threads may use the same. */
  readonly uniform: boolean;
  readonly threads: number;
}

/** Whether pinning worked; the reason is half a sentence for one warning. */
export type Pinned = { readonly ok: true } | { readonly ok: false; readonly reason: string };

const OK: Pinned = { ok: true };

/** A thread that is born while taskset walks the list may escape it once, hardly twice. */
const PIN_ATTEMPTS = 3;

/**
 * The words to put before a command so that it runs on these CPUs only. taskset (util-linux) sets
 * its own mask and then becomes the command: same pid, and all threads inherit. No CPUs: no words.
 */
export function pinPrefix(cpus: CpuSet): string[] {
  return cpus.length === 0 ? [] : ['taskset', '-c', formatCpuList(cpus)];
}

/** Tries for real whether a process can be pinned to one of its CPUs, and reads that back. */
export async function canPin(): Promise<Pinned> {
  const own = await readThread('/proc/self/status');
  const cpu = own?.at(-1);
  if (cpu === undefined) return refused('this system has no /proc that tells CPU affinity');
  const [taskset = '', ...args] = pinPrefix([cpu]);
  const result = await run(taskset, [...args, 'cat', '/proc/self/status']);
  if (!result.ok) return result;
  const got = formatCpuList(parseAllowedList(result.stdout) ?? []);
  return got === `${cpu}` ? OK : refused(`taskset to CPU ${cpu} gave CPUs '${got}'`);
}

/** The mask of every thread of a process, or null when it is gone or cannot be looked at. */
export async function readAffinity(pid: number): Promise<Affinity | null> {
  const ids = await readdir(`/proc/${pid}/task`).catch(() => []);
  const masks = await Promise.all(ids.map((id) => readThread(`/proc/${pid}/task/${id}/status`)));
  const known = masks.filter((mask) => mask !== null);
  if (known.length === 0) return null;
  return {
    cpus: sortedSet(known.flat()),
    uniform: new Set(known.map(formatCpuList)).size === 1,
    threads: known.length,
  };
}

/** Moves all threads of a running process, and reads back that none escaped. */
export async function pinThreads(pid: number, cpus: CpuSet): Promise<Pinned> {
  const wanted = formatCpuList(cpus);
  let found: Affinity | null = null;
  for (let attempt = 0; attempt < PIN_ATTEMPTS; attempt++) {
    const result = await run('taskset', ['-a', '-c', '-p', wanted, `${pid}`]);
    found = await readAffinity(pid);
    if (found === null) return refused(`process ${pid} is gone`);
    if (found.uniform && formatCpuList(found.cpus) === wanted) return OK;
    if (!result.ok) return result;
  }
  return refused(`process ${pid} runs on CPUs ${formatCpuList(found?.cpus ?? [])}, not ${wanted}`);
}

/**
 * Moves the supervisor's own threads; later ones inherit. With no CPUs it stays where it is.
 * Children that are spawned without a prefix of their own would inherit the same CPUs.
 */
export async function pinSelf(cpus: CpuSet): Promise<Pinned> {
  return cpus.length === 0 ? OK : pinThreads(process.pid, cpus);
}

/** The CPUs of one thread; null when it has ended, also when its parent has yet to notice. */
async function readThread(path: string): Promise<number[] | null> {
  const status = await readFile(path, 'utf8').catch(() => '');
  return /^State:\s*[ZX]/m.test(status) ? null : parseAllowedList(status);
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
