import { readFileSync, writeFileSync } from 'node:fs';

/** The program that a process runs and its arguments; none where there is no such process. */
function commandLine(pid: number): string[] {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0');
  } catch {
    return [];
  }
}

/**
 * Writes our pid. Answers false, and leaves the file, where the process that it names still runs:
 * no lock is to be had here, so a living process that was started with the same config counts as one,
 * and another that got a dead one's number does not.
 */
export function takePidFile(file: string, confFile: string): boolean {
  let owner = 0;
  try {
    owner = Number(readFileSync(file, 'utf8').trim()) || 0;
  } catch {
    // None yet.
  }
  const alive = owner > 0 && owner !== process.pid && commandLine(owner).includes(confFile);
  if (alive) return false;
  writeFileSync(file, `${process.pid}\n`);
  return true;
}
