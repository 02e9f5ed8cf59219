import { randomUUID } from 'node:crypto';
import {
  type FileHandle,
  link,
  open,
  readFile,
  readlink,
  rename,
  rm,
  stat,
} from 'node:fs/promises';
import { dirname } from 'node:path';
import { codeOf, SupervisorError } from '../errors.js';
import { loadPosix, type Posix } from '../system/posix.js';
import { readProcess } from './process.js';

/** A lock file that we hold until it is released or this process ends. */
export interface Lock {
  /** Resolves with whether the file at the path is still our lock. */
  isHeld(): Promise<boolean>;
  release(): Promise<void>;
}

/** Content of a lock file: its holder. */
interface Holder {
  readonly pid: number;
  /** Start time; distinguishes the holder from a later process with its pid. */
  readonly startTicks: number;
  /** Boot id: a pid has no meaning after a boot, or on another machine. */
  readonly boot: string;
  /** PID namespace: the same pid in another one is another process. */
  readonly namespace: string;
  /** True if it also holds the file's flock, which the kernel frees with the process. */
  readonly flock: boolean;
}

/** The process that wants a lock, and its means to examine holders. */
interface Seeker {
  readonly self: Holder;
  readonly posix: Posix | null;
}

/** Attempts before we give up on a lock that others keep taking. */
const ATTEMPTS = 5;

/**
 * Takes the lock file `path`, also from a dead holder. Throws ERR_LOCKED if a living process has
 * it. The file is linked into place complete, so no reader sees half of one.
 * The flock tells whether a holder lives, even in another PID namespace (two containers on one
 * volume). Without flock (no koffi, or a file system without it), pid and start time tell, but only
 * within one PID namespace; a holder in another one counts as living.
 */
export async function acquireLock(path: string, load = loadPosix): Promise<Lock> {
  const own = `${path}.${randomUUID()}`;
  const file = await open(own, 'wx', 0o600);
  try {
    const posix = await load();
    const flock = posix?.flock(file.fd, 'exclusive') === 'locked';
    const self: Holder = { ...(await describeSelf()), flock };
    await file.writeFile(JSON.stringify(self));
    for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
      if ((await isLinked(own, path)) || (await isSuccessor(own, path, { self, posix }))) {
        return heldLock(path, file);
      }
    }
    throw locked(path, 'others that start and stop');
  } catch (error) {
    await file.close();
    throw error;
  } finally {
    await rm(own, { force: true });
  }
}

function heldLock(path: string, file: FileHandle): Lock {
  const isHeld = async () => {
    const [ours, theirs] = await Promise.all([file.stat(), stat(path).catch(() => null)]);
    return ours.ino === theirs?.ino && ours.dev === theirs.dev;
  };
  const release = async () => {
    if (await isHeld()) await rm(path, { force: true });
    await file.close();
  };
  return { isHeld, release };
}

async function describeSelf(): Promise<Omit<Holder, 'flock'>> {
  const [self, boot, namespace] = await Promise.all([
    readProcess(process.pid),
    readFile('/proc/sys/kernel/random/boot_id', 'utf8').catch(() => ''),
    readlink('/proc/self/ns/pid').catch(() => ''),
  ]);
  return { pid: process.pid, startTicks: self?.startTicks ?? 0, boot: boot.trim(), namespace };
}

/**
 * Replaces a dead holder's lock by `own`; false if there is none. The file changes only under a
 * lock of its own: otherwise, of two processes that read it, the slower one would take the lock of
 * the faster one.
 */
async function isSuccessor(own: string, path: string, seeker: Seeker): Promise<boolean> {
  const text = await read(path);
  if (text === null) return false;
  const holder = parseHolder(text);
  await requireDead(path, holder, seeker);
  const { pid, startTicks } = holder;
  const succession = await acquireLock(`${path}.${pid}-${startTicks}`, async () => seeker.posix);
  try {
    if ((await read(path)) !== text) return false;
    await rename(own, path);
    return true;
  } finally {
    await succession.release();
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

/** Throws ERR_LOCKED if the holder lives or may live. */
async function requireDead(path: string, holder: Holder, seeker: Seeker): Promise<void> {
  const { self, posix } = seeker;
  const isElsewhere = holder.namespace !== self.namespace;
  const who = `pid ${holder.pid}${isElsewhere ? ' of another PID namespace (a container?)' : ''}`;
  if (await isFlocked(path, posix)) throw locked(path, who);
  if ((holder.flock && self.flock) || holder.boot !== self.boot) return;
  if (isElsewhere) throw undecided(path, who);
  const found = await readProcess(holder.pid);
  if (found?.startTicks === holder.startTicks) throw locked(path, who);
}

/**
 * Tests with a shared lock, so that processes that test at the same time do not take each other for
 * the holder.
 */
async function isFlocked(path: string, posix: Posix | null): Promise<boolean> {
  const file = await open(path, 'r').catch(() => null);
  const answer = file && posix?.flock(file.fd, 'shared');
  await file?.close();
  return answer === 'held by another';
}

/** Invalid content belongs to no process. */
function parseHolder(text: string): Holder {
  try {
    const { pid, startTicks, boot, namespace, flock } = JSON.parse(text);
    const of = { boot: String(boot), namespace: String(namespace), flock: flock === true };
    return { pid: Number(pid), startTicks: Number(startTicks), ...of };
  } catch {
    return { pid: Number.NaN, startTicks: Number.NaN, boot: '', namespace: '', flock: false };
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

function undecided(path: string, holder: string): SupervisorError {
  const text = `workDir: ${dirname(path)} may be in use by ${holder}, which cannot be seen from here: stop that supervisor, remove ${path} if it is gone, or use another workDir`;
  return new SupervisorError('ERR_LOCKED', text);
}
