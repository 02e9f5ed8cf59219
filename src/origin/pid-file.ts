import { readFileSync, writeFileSync } from 'node:fs';

/** The program that a process runs and its arguments; '' where there is no such process. */
function commandLine(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8');
  } catch {
    return '';
  }
}

/**
 * Writes our pid. Answers false, and leaves the file, where the process that it names still runs:
 * no lock is to be had here, so a living process whose command line is an srs's counts as one.
 */
export function takePidFile(file: string): boolean {
  let owner = 0;
  try {
    owner = Number(readFileSync(file, 'utf8').trim()) || 0;
  } catch {
    // None yet.
  }
  if (owner > 0 && owner !== process.pid && /srs/.test(commandLine(owner))) return false;
  writeFileSync(file, `${process.pid}\n`);
  return true;
}
