import { homedir } from 'node:os';
import { join } from 'node:path';

/** Expands a leading `~/`, for texts that no shell has expanded. */
export function expandHome(path: string): string {
  if (path === '~') return homedir();
  return path.startsWith('~/') ? join(homedir(), path.slice(2)) : path;
}
