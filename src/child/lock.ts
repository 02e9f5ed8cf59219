import { randomUUID } from 'node:crypto';
import { link, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { codeOf, SupervisorError } from '../errors.js';
import { readProcess } from './process.js';

interface Holder {
  readonly pid: number;
  /** Tells a living holder from another process that got its pid later. */
  readonly startTicks: number;
}

/** How often a lock may come free and be taken by others before we give up. */
const ATTEMPTS = 5;

/**
 * Takes the lock file `path`, also from a dead holder. Throws ERR_LOCKED where a living process has
 * it. A lock is linked into place whole, so nobody ever reads half of one.
 */
export async function acquireLock(path: string): Promise<void> {
  const own = `${path}.${randomUUID()}`;
  const startTicks = (await readProcess(process.pid))?.startTicks ?? 0;
  await writeFile(own, JSON.stringify({ pid: process.pid, startTicks }), { mode: 0o600 });
  try {
    for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
      if ((await isLinked(own, path)) || (await isSuccessor(own, path))) return;
    }
    throw locked(path, 'others that start and stop');
  } finally {
    await rm(own, { force: true });
  }
}

export async function releaseLock(path: string): Promise<void> {
  await rm(path, { force: true });
}

/**
 * Puts `own` in the place of a dead holder's lock; false where there is none. The dead one's file
 * changes only under a lock of its own: without that, of two who read it the slower one would take
 * the lock of the quicker one, who lives.
 */
async function isSuccessor(own: string, path: string): Promise<boolean> {
  const text = await read(path);
  if (text === null) return false;
  const holder = parseHolder(text);
  if (await isAlive(holder)) throw locked(path, `pid ${holder.pid}`);
  const succession = `${path}.${holder.pid}-${holder.startTicks}`;
  await acquireLock(succession);
  try {
    if ((await read(path)) !== text) return false;
    await rename(own, path);
    return true;
  } finally {
    await releaseLock(succession);
  }
}

async function read(path: string): Promise<string | null> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return null;
    throw error;
  }
}

async function isAlive({ pid, startTicks }: Holder): Promise<boolean> {
  return (await readProcess(pid))?.startTicks === startTicks;
}

/** What is no lock of ours belongs to no process. */
function parseHolder(text: string): Holder {
  try {
    const { pid, startTicks } = JSON.parse(text);
    return { pid: Number(pid), startTicks: Number(startTicks) };
  } catch {
    return { pid: Number.NaN, startTicks: Number.NaN };
  }
}

async function isLinked(from: string, to: string): Promise<boolean> {
  try {
    await link(from, to);
    return true;
  } catch (error) {
    if (codeOf(error) === 'EEXIST') return false;
    throw error;
  }
}

function locked(path: string, holder: string): SupervisorError {
  const text = `workDir: ${dirname(path)} is in use by ${holder}: stop that supervisor, or use another workDir`;
  return new SupervisorError('ERR_LOCKED', text);
}
