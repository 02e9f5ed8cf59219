import { readdir } from 'node:fs/promises';
import { cpus as systemCpus } from 'node:os';
import { resolve } from 'node:path';
import { readAffinity } from '../cpu/affinity.js';
import { formatCpuList, sortedSet } from '../cpu/cpuset.js';
import type { CpuPlan } from '../cpu/plan.js';
import { readProcess } from './process.js';

/** Path of a child's config, the last word of its command line. */
const CHILD_CONF = /^(?<workDir>\/.+)\/conf\/c\d{3,}\.conf$/;

/** Most work directories in the warning. */
const MOST_NAMED = 10;

/**
 * Returns a warning if children of another supervisor are pinned to CPUs of our plan; else null.
 * Unpinned children, and those in other containers, are not seen.
 */
export async function overlapWithOthers(workDir: string, plan: CpuPlan): Promise<string | null> {
  // With one CPU there is no other choice.
  if (systemCpus().length < 2) return null;
  const ours = new Set(plan.children.flatMap(({ cpus }) => cpus));
  const others = await boundChildren(resolve(workDir));
  const shared = others.filter(({ cpu }) => ours.has(cpu));
  if (shared.length === 0) return null;
  const cpus = formatCpuList(sortedSet(shared.map(({ cpu }) => cpu)));
  const workDirs = [...new Set(shared.map((child) => child.workDir))].slice(0, MOST_NAMED);
  return `cpu.pin: another supervisor (workDir ${workDirs.join(', ')}) has bound children to CPUs ${cpus} of ours: start each behind taskset -c with CPUs of its own, or lower children.count and set cpu.reserve`;
}

interface BoundChild {
  readonly workDir: string;
  readonly cpu: number;
}

async function boundChildren(own: string): Promise<BoundChild[]> {
  const pids = (await readdir('/proc').catch(() => [])).filter((name) => /^\d+$/.test(name));
  const found: BoundChild[] = [];
  // One after another: a machine may run thousands of processes.
  for (const pid of pids.map(Number)) {
    const workDir = await workDirOf(pid);
    if (workDir === null || workDir === own) continue;
    const cpus = readAffinity(pid)?.cpus ?? [];
    // A supervisor pins each child to one CPU.
    const [cpu] = cpus;
    if (cpus.length === 1 && cpu !== undefined) found.push({ workDir, cpu });
  }
  return found;
}

/** Returns null for a process that is no child of a supervisor. */
async function workDirOf(pid: number): Promise<string | null> {
  const args = (await readProcess(pid))?.args ?? [];
  if (args.at(-2) !== '-c') return null;
  return CHILD_CONF.exec(args.at(-1) ?? '')?.groups?.workDir ?? null;
}
