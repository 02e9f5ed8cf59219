import { readFile } from 'node:fs/promises';

/** A running process, from /proc. Pid and start time identify it: pids are reused. */
export interface ProcessInfo {
  /** Start time in clock ticks since boot. */
  readonly startTicks: number;
  readonly args: readonly string[];
}

/**
 * Returns null if no such process runs; a zombie does not. Without /proc (macOS) only the existence
 * of the pid is known.
 */
export async function readProcess(pid: number): Promise<ProcessInfo | null> {
  try {
    const [stat, cmdline] = await Promise.all([
      readFile(`/proc/${pid}/stat`, 'utf8'),
      readFile(`/proc/${pid}/cmdline`, 'utf8'),
    ]);
    // The name is in parentheses and may contain anything; state is field 3, start time field 22.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    if (fields[0] === 'Z' || fields[0] === 'X') return null;
    return { startTicks: Number(fields[19]), args: cmdline.split('\0').slice(0, -1) };
  } catch {
    return process.platform === 'linux' || !signal(pid, 0) ? null : { startTicks: 0, args: [] };
  }
}

/** Sends a signal; returns false if there was no such process. A negative pid names a group. */
export function signal(pid: number, name: NodeJS.Signals | 0): boolean {
  try {
    return process.kill(pid, name);
  } catch {
    return false;
  }
}
