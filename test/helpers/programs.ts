import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';

/** The path of a program of this machine, or null where there is none. */
export function findProgram(name: string): string | null {
  const folders = (process.env.PATH ?? '').split(delimiter);
  return folders.map((folder) => join(folder, name)).find(isExecutable) ?? null;
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** Goes before a program's words: a test process that is killed takes it with it, where the kernel can. */
export function guard(signal: 'TERM' | 'KILL'): string[] {
  return process.platform === 'linux' ? ['setpriv', '--pdeathsig', signal, '--'] : [];
}
