import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { Logger } from '../logging/logger.js';
import { type ProcessInfo, readProcess, signal } from './process.js';
import type { WorkDir } from './workdir.js';

interface Leftover {
  readonly pid: number;
  readonly startTicks: number;
  readonly conf: string;
}

const GONE_LIMIT_MS = 5_000;

/** Records the process of a child, so that a later supervisor finds it if we are killed. */
export async function recordChild(workDir: WorkDir, id: string, pid: number): Promise<void> {
  const startTicks = (await readProcess(pid))?.startTicks;
  if (startTicks === undefined) return;
  const leftover: Leftover = { pid, startTicks, conf: workDir.conf(id) };
  await writeFile(workDir.record(id), JSON.stringify(leftover), { mode: 0o600 });
}

/** Removes the record of a child that has ended. */
export async function forgetChild(workDir: WorkDir, id: string): Promise<void> {
  await rm(workDir.record(id), { force: true });
  await rm(workDir.pid(id), { force: true });
}

/** Ends and removes what a killed supervisor left in the work directory: processes, media. */
export async function clearWorkDir(workDir: WorkDir, logger: Logger): Promise<void> {
  const killed = await removeLeftovers(workDir);
  if (killed > 0) logger.warn({ killed }, 'killed children of a supervisor that is gone');
  await removeMedia(workDir);
}

/**
 * Kills processes that a killed supervisor left running in this directory, and removes their
 * records; returns their number. The lock must be held, so they are nobody else's children.
 */
export async function removeLeftovers(workDir: WorkDir): Promise<number> {
  const names = await readdir(workDir.pids);
  const records = names.filter((name) => name.endsWith('.json'));
  const killed = await Promise.all(records.map((name) => kill(join(workDir.pids, name))));
  await Promise.all(names.map((name) => rm(join(workDir.pids, name), { force: true })));
  return killed.filter(Boolean).length;
}

/**
 * Removes the media files of children: their numbers and clocks start anew. Does nothing if another
 * supervisor has taken the path.
 */
export async function removeMedia({ hls, isOurs }: WorkDir): Promise<void> {
  if (!(await isOurs())) return;
  await rm(hls, { recursive: true, force: true });
  await mkdir(hls, { mode: 0o700 });
}

async function kill(record: string): Promise<boolean> {
  const leftover = parse(await readFile(record, 'utf8'));
  if (leftover === null || !(await runsOurs(leftover))) return false;
  // The group first: SRS may have forked ffmpeg.
  signal(-leftover.pid, 'SIGKILL');
  signal(leftover.pid, 'SIGKILL');
  const end = performance.now() + GONE_LIMIT_MS;
  while ((await find(leftover)) !== null && performance.now() < end) await delay(20);
  return true;
}

async function runsOurs(leftover: Leftover): Promise<boolean> {
  return (await find(leftover))?.args.includes(leftover.conf) ?? false;
}

/** Finds the same process under any command line: a dying process has lost its arguments. */
async function find({ pid, startTicks }: Leftover): Promise<ProcessInfo | null> {
  const found = await readProcess(pid);
  return found?.startTicks === startTicks ? found : null;
}

/** Returns null for a truncated file. */
function parse(text: string): Leftover | null {
  try {
    const { pid, startTicks, conf } = JSON.parse(text);
    const valid = Number.isInteger(pid) && pid > 1 && typeof conf === 'string';
    return valid ? { pid, startTicks: Number(startTicks), conf } : null;
  } catch {
    return null;
  }
}
