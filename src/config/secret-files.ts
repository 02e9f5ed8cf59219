import { readFile } from 'node:fs/promises';
import { codeOf, plainReason, SupervisorError } from '../errors.js';
import { expandHome } from '../system/home.js';
import type { Setting } from './sources.js';

/** Keys that may be in a file of their own, which the key with `File` behind it names. */
const KEYS = ['registry', 'cluster.secret', 'admin.token'] as const;

/** How the configuration stands before secrets are read. */
export interface Named {
  readonly read: (key: string) => unknown;
  /** Where somebody set that key; undefined: nobody has. */
  readonly whereOf: (key: string) => string | undefined;
}

/**
 * The secrets that are in files, as settings. @throws ERR_CONFIG for a file that cannot be read, and
 * for a secret that is set in both ways
 */
export async function fromSecretFiles({ read, whereOf }: Named): Promise<Setting[]> {
  const settings: Setting[] = [];
  for (const key of KEYS) {
    const named = read(`${key}File`);
    if (typeof named !== 'string' || named.trim() === '') continue;
    const path = expandHome(named);
    const where = `${whereOf(`${key}File`)}: ${key}File`;
    const other = whereOf(key);
    if (other !== undefined) {
      const text = `${where}: must be the only one to set ${key}, which ${other} sets as well`;
      throw new SupervisorError('ERR_CONFIG', text);
    }
    settings.push({ key, value: await readSecret(path, where), origin: path });
  }
  return settings;
}

/** Without the newline that most editors and `echo` put at its end. */
async function readSecret(path: string, where: string): Promise<string> {
  try {
    return (await readFile(path, 'utf8')).trim();
  } catch (error) {
    const reason = codeOf(error) === 'ENOENT' ? 'no such file' : plainReason(error);
    throw new SupervisorError('ERR_CONFIG', `${where}: cannot read ${path}: ${reason}`, {
      cause: error,
    });
  }
}
