import { readFileSync, writeFileSync } from 'node:fs';

/** Returns a process's program and arguments; empty if there is no such process. */
function commandLine(pid: number): string[] {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0');
  } catch {
    return [];
  }
}

/**
 * Writes our pid. Returns false, leaving the file, if the process that it names is running with the
 * same config: no file lock is available here, and the pid alone may have been reused.
 */
export function takePidFile(file: string, confFile: string): boolean {
  let owner = 0;
  try {
    owner = Number(readFileSync(file, 'utf8').trim()) || 0;
  } catch {
    // No pid file yet.
  }
  const alive = owner > 0 && owner !== process.pid && commandLine(owner).includes(confFile);
  if (alive) return false;
  writeFileSync(file, `${process.pid}\n`);
  return true;
}
