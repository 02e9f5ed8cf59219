import { rmdir } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { codeOf, plainReason, SupervisorError } from '../errors.js';
import { makeFolder } from '../system/make-folder.js';
import { acquireLock, type Lock } from './lock.js';

/** Paths of the children's files. The directory is ours alone while the lock is held. */
export interface WorkDir {
  readonly path: string;
  readonly html: string;
  /** Directory into which children write HLS and from which we read it. */
  readonly hls: string;
  readonly pids: string;
  conf(id: string): string;
  log(id: string): string;
  pid(id: string): string;
  /** Record of the process of a child, for the cleanup by a later supervisor. */
  record(id: string): string;
  /**
   * Makes removed folders and the lock again. Returns whether anything was missing; of concurrent
   * calls, one returns true. Rejects with ERR_LOCKED if another supervisor has taken the path, with
   * ERR_CONFIG if it cannot be used.
   */
  renew(): Promise<boolean>;
  /** Resolves with whether the lock at the path is still ours. */
  isOurs(): Promise<boolean>;
  release(): Promise<void>;
  /** Releases the lock, and removes the empty folders that this opening made. */
  discard(): Promise<void>;
}

/** Returns the HLS directory below a work directory. */
export function hlsFolder(workDir: string): string {
  return join(resolve(workDir), 'hls');
}

/** Returns the log directory of children and their ffmpegs below a work directory. */
export function logFolder(workDir: string): string {
  return join(resolve(workDir), 'logs');
}

const LOCK = 'supervisor.lock';
const FOLDERS = ['.', 'conf', 'logs', 'html', 'hls', 'pids'];

/**
 * Makes and locks the work directory. Throws ERR_LOCKED if a running supervisor has it, ERR_CONFIG
 * if it cannot be used.
 */
export async function openWorkDir(path: string): Promise<WorkDir> {
  const root = resolve(path);
  const folder = (name: string) => join(root, name);
  const lock = new WorkDirLock(root);
  await lock.renew().catch(async (error: unknown) => {
    await lock.discard();
    throw error;
  });
  return {
    path: root,
    html: folder('html'),
    hls: hlsFolder(path),
    pids: folder('pids'),
    conf: (id) => folder(`conf/${id}.conf`),
    log: (id) => join(logFolder(path), `${id}.log`),
    pid: (id) => folder(`pids/${id}.pid`),
    record: (id) => folder(`pids/${id}.json`),
    renew: () => lock.renew(),
    isOurs: () => lock.isHeld(),
    release: () => lock.release(),
    discard: () => lock.discard(),
  };
}

class WorkDirLock {
  readonly #root: string;
  #lock: Lock | null = null;
  #last: Promise<unknown> = Promise.resolve();
  /** Folders missing at the last renewal, parents first. */
  #made: string[] = [];

  constructor(root: string) {
    this.#root = root;
  }

  /** Runs calls one after another, so that the second finds the results of the first. */
  renew(): Promise<boolean> {
    const renewed = this.#last.then(() => this.#renew());
    this.#last = renewed.catch(() => {});
    return renewed;
  }

  async isHeld(): Promise<boolean> {
    return (await this.#lock?.isHeld()) ?? false;
  }

  async release(): Promise<void> {
    await this.#last;
    await this.#lock?.release();
    this.#lock = null;
  }

  async discard(): Promise<void> {
    await this.release();
    for (const folder of this.#made.splice(0).reverse()) await rmdir(folder).catch(() => {});
  }

  async #renew(): Promise<boolean> {
    try {
      this.#made = [];
      for (const name of FOLDERS) {
        this.#made.push(...(await makeFolder(join(this.#root, name), 0o700)));
      }
      if (await this.isHeld()) return this.#made.length > 0;
      await this.#lock?.release();
      this.#lock = null;
      this.#lock = await acquireLock(join(this.#root, LOCK));
      return true;
    } catch (error) {
      throw error instanceof SupervisorError ? error : unusable(this.#root, error);
    }
  }
}

/** Returns ERR_CONFIG for a work directory that cannot be made or written. */
export function unusable(path: string, error: unknown): SupervisorError {
  const reason = codeOf(error) === 'ENOENT' ? 'no directory can be made there' : plainReason(error);
  const text = `workDir: cannot use ${path}: ${reason}; set workDir (--workdir) to a directory that this user may write`;
  return new SupervisorError('ERR_CONFIG', text, { cause: error });
}
