import { rmdir } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { codeOf, plainReason, SupervisorError } from '../errors.js';
import { makeFolder } from '../system/make-folder.js';
import { acquireLock, type Lock } from './lock.js';

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
  /**
   * Makes folders and lock again where somebody has removed them. Answers whether anything was
   * missing; of several that ask at one time, one is told so. Rejects with ERR_LOCKED where another
   * supervisor has taken the path meanwhile, and ERR_CONFIG where it cannot be used.
   */
  renew(): Promise<boolean>;
  /** Whether the lock at the path is still ours. */
  isOurs(): Promise<boolean>;
  release(): Promise<void>;
  /** Releases it, and removes the folders that this opening made, where they are empty. */
  discard(): Promise<void>;
}

/** Where below a work directory children write HLS. */
export function hlsFolder(workDir: string): string {
  return join(resolve(workDir), 'hls');
}

/** Where below a work directory children log, and the ffmpegs that they start. */
export function logFolder(workDir: string): string {
  return join(resolve(workDir), 'logs');
}

const LOCK = 'supervisor.lock';
const FOLDERS = ['.', 'conf', 'logs', 'html', 'hls', 'pids'];

/**
 * Makes the work directory, and locks it. Throws ERR_LOCKED where a living supervisor has it, and
 * ERR_CONFIG where it cannot be used.
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

/** The folders, and the lock in them. */
class WorkDirLock {
  readonly #root: string;
  #lock: Lock | null = null;
  #last: Promise<unknown> = Promise.resolve();
  /** Folders that were missing at the last renewal, parents first. */
  #made: string[] = [];

  constructor(root: string) {
    this.#root = root;
  }

  /** One after the other: the second finds what the first has made. */
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

/** ERR_CONFIG for a work directory that the system does not let us make or write. */
export function unusable(path: string, error: unknown): SupervisorError {
  const reason = codeOf(error) === 'ENOENT' ? 'no directory can be made there' : plainReason(error);
  const text = `workDir: cannot use ${path}: ${reason}; set workDir (--workdir) to a directory that this user may write`;
  return new SupervisorError('ERR_CONFIG', text, { cause: error });
}
