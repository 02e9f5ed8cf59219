import { mkdir, stat } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { codeOf } from '../errors.js';

/** Another process may remove a parent between two steps; then the parents are looked for again. */
const ATTEMPTS = 5;

/**
 * Makes a folder and the parents that are missing, and answers what was made, parents first.
 * Rejects with the system's error. Node's own `recursive` never ends on a file system that makes
 * no folders (/proc): the kernel says ENOENT there, though the parent exists.
 */
export async function makeFolder(path: string, mode: number): Promise<string[]> {
  const made: string[] = [];
  for (let attempt = 1; ; attempt++) {
    try {
      for (const folder of await missingFolders(resolve(path))) {
        if (await isMade(folder, mode)) made.push(folder);
      }
      return made;
    } catch (error) {
      if (codeOf(error) !== 'ENOENT' || attempt === ATTEMPTS) throw error;
    }
  }
}

/** The folder and its parents, parents first, from the first one that does not exist. */
async function missingFolders(path: string): Promise<string[]> {
  const missing: string[] = [];
  for (let folder = path; !(await isThere(folder)); folder = dirname(folder)) {
    missing.unshift(folder);
  }
  return missing;
}

async function isThere(path: string): Promise<boolean> {
  try {
    if ((await stat(path)).isDirectory()) return true;
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return false;
    throw error;
  }
  throw Object.assign(new Error(`ENOTDIR: not a directory, '${path}'`), {
    code: 'ENOTDIR',
    syscall: 'mkdir',
    path,
  });
}

/** False where another process made it first. */
async function isMade(path: string, mode: number): Promise<boolean> {
  try {
    await mkdir(path, { mode });
    return true;
  } catch (error) {
    if (codeOf(error) === 'EEXIST') return false;
    throw error;
  }
}
