import { mkdir } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { messageOf, SupervisorError } from '../errors.js';
import { acquireLock, releaseLock } from './lock.js';

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

const LOCK = 'supervisor.lock';

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
    await acquireLock(folder(LOCK));
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
    release: () => releaseLock(folder(LOCK)),
  };
}
