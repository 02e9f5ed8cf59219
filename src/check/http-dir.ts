import { access, constants, stat } from 'node:fs/promises';
import { plainReason, SupervisorError } from '../errors.js';
import type { Outcome } from './findings.js';

/** Checks the user's folder of web files. Throws ERR_CONFIG if it cannot be read. */
export async function tryHttpDir(dir: string | null): Promise<Outcome<null>> {
  if (dir === null) return { value: null, text: 'none: / shows the player pages' };
  let reason = 'it is a file, not a directory';
  try {
    await access(dir, constants.R_OK | constants.X_OK);
    if ((await stat(dir)).isDirectory()) return { value: null, text: `${dir}, shown at /` };
  } catch (error) {
    reason = plainReason(error);
  }
  const mend = 'name a directory that this user may read, or leave it out';
  throw new SupervisorError('ERR_CONFIG', `http.dir: ${dir}: ${reason}; ${mend}`);
}
