import { mkdir, stat } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { codeOf } from '../errors.js';

/** Attempts: another process may remove a parent between two steps. */
const ATTEMPTS = 5;

/**
 * Makes a folder and its missing parents; returns those made, parents first. Rejects with the
 * system's error. Node's `recursive` never returns on a file system that forbids folders (/proc),
 * because the kernel reports ENOENT there although the parent exists.
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

/** Returns the missing folders of a path, parents first. */
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

/** Makes a folder; false if another process made it first. */
async function isMade(path: string, mode: number): Promise<boolean> {
  try {
    await mkdir(path, { mode });
    return true;
  } catch (error) {
    if (codeOf(error) === 'EEXIST') return false;
    throw error;
  }
}
