import { link, mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { codeOf, messageOf, SupervisorError } from '../errors.js';
import { readProcess } from './process.js';

/** Where the children's files are. Ours alone while the lock is held. */
export interface WorkDir {
  readonly path: string;
  readonly html: string;
  /** Where children write HLS, and we read it. */
  readonly hls: string;
  readonly pids: string;
  conf(id: string): string;
  log(id: string): string;
  pid(id: string): string;
  /** Who runs as that child: what a next supervisor cleans up by. */
  record(id: string): string;
  release(): Promise<void>;
}

/** Where below a work directory children write HLS. */
export function hlsFolder(workDir: string): string {
  return join(resolve(workDir), 'hls');
}

interface Holder {
  readonly pid: number;
  readonly startTicks: number;
}

const ATTEMPTS = 5;

/**
 * Makes the work directory, and locks it. Throws ERR_LOCKED where a living supervisor has it, and
 * ERR_CONFIG where it cannot be used.
 */
export async function openWorkDir(path: string): Promise<WorkDir> {
  const root = resolve(path);
  const folder = (name: string) => join(root, name);
  try {
    for (const name of ['.', 'conf', 'logs', 'html', 'hls', 'pids']) {
      await mkdir(folder(name), { recursive: true, mode: 0o700 });
    }
    await lock(root);
  } catch (error) {
    if (error instanceof SupervisorError) throw error;
    const text = `workDir: cannot use ${root}: ${messageOf(error)}: name a directory we may write`;
    throw new SupervisorError('ERR_CONFIG', text, { cause: error });
  }
  return {
    path: root,
    html: folder('html'),
    hls: hlsFolder(path),
    pids: folder('pids'),
    conf: (id) => folder(`conf/${id}.conf`),
    log: (id) => folder(`logs/${id}.log`),
    pid: (id) => folder(`pids/${id}.pid`),
    record: (id) => folder(`pids/${id}.json`),
    release: () => rm(lockFile(root), { force: true }),
  };
}

function lockFile(root: string): string {
  return join(root, 'supervisor.lock');
}

/** A lock is linked into place whole, so nobody ever reads half of one. */
async function lock(root: string): Promise<void> {
  const own = `${lockFile(root)}.${process.pid}`;
  const startTicks = (await readProcess(process.pid))?.startTicks ?? 0;
  await writeFile(own, JSON.stringify({ pid: process.pid, startTicks }), { mode: 0o600 });
  try {
    for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
      if (await linked(own, lockFile(root))) return;
      await clearStale(root);
    }
    throw locked(root, 'another supervisor that is starting');
  } finally {
    await rm(own, { force: true });
  }
}

/** Takes a dead holder's lock away. Throws ERR_LOCKED where the holder lives. */
async function clearStale(root: string): Promise<void> {
  const text = await readFile(lockFile(root), 'utf8').catch(() => null);
  if (text === null) return;
  const holder = parseHolder(text);
  if (holder !== null && (await isAlive(holder))) throw locked(root, `pid ${holder.pid}`);
  const aside = `${lockFile(root)}.${process.pid}.stale`;
  await rename(lockFile(root), aside).catch(() => {});
  // Somebody else may have taken the lock over since we read it: then it is his again.
  const moved = await readFile(aside, 'utf8').catch(() => text);
  if (moved !== text) await linked(aside, lockFile(root));
  await rm(aside, { force: true });
}

async function isAlive({ pid, startTicks }: Holder): Promise<boolean> {
  return (await readProcess(pid))?.startTicks === startTicks;
}

function parseHolder(text: string): Holder | null {
  try {
    const { pid, startTicks } = JSON.parse(text);
    return { pid: Number(pid), startTicks: Number(startTicks) };
  } catch {
    return null;
  }
}

async function linked(from: string, to: string): Promise<boolean> {
  try {
    await link(from, to);
    return true;
  } catch (error) {
    if (codeOf(error) === 'EEXIST') return false;
    throw error;
  }
}

function locked(root: string, holder: string): SupervisorError {
  const text = `workDir: ${root} is in use by ${holder}: stop that supervisor, or use another workDir`;
  return new SupervisorError('ERR_LOCKED', text);
}
