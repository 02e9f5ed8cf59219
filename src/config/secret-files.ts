import { readFile } from 'node:fs/promises';
import { codeOf, plainReason, SupervisorError } from '../errors.js';
import { expandHome } from '../system/home.js';
import { SECRET_KEYS } from './secret-keys.js';
import type { Setting } from './setting.js';

/** Keys whose value may be in a file, which the key with the suffix `File` names. */
const KEYS = ['registry', 'access.jwt.keys', ...SECRET_KEYS];

/** Read access to the configuration before secrets are read. */
export interface Named {
  readonly read: (key: string) => unknown;
  /** Returns the place where the key is set; undefined if it is not. */
  readonly whereOf: (key: string) => string | undefined;
}

/**
 * Returns the secrets in files as settings. @throws ERR_CONFIG for an unreadable file, and for a
 * secret that is set both ways.
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

/** Reads a secret without the final newline that editors and `echo` add. */
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
