import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';

/** Returns the path of a program, or null if this machine has none. */
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

/** Command prefix that ends a program with the test process, on Linux. */
export function guard(signal: 'TERM' | 'KILL'): string[] {
  return process.platform === 'linux' ? ['setpriv', '--pdeathsig', signal, '--'] : [];
}
