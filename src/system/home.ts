import { homedir } from 'node:os';
import { join } from 'node:path';

/** Expands a leading `~/` as a shell does, in a file or variable that no shell has seen. */
export function expandHome(path: string): string {
  if (path === '~') return homedir();
  return path.startsWith('~/') ? join(homedir(), path.slice(2)) : path;
}
