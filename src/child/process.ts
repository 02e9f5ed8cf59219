import { readFile } from 'node:fs/promises';

/** A living process as /proc shows it. Pid and start together name it: pids come round again. */
export interface ProcessInfo {
  /** Clock ticks between boot and its start. */
  readonly startTicks: number;
  readonly args: readonly string[];
}

/**
 * Null where no such process lives; one that is dead but not yet reaped lives no more. Without a
 * /proc (macOS) all that is known is that there is such a pid.
 */
export async function readProcess(pid: number): Promise<ProcessInfo | null> {
  try {
    const [stat, cmdline] = await Promise.all([
      readFile(`/proc/${pid}/stat`, 'utf8'),
      readFile(`/proc/${pid}/cmdline`, 'utf8'),
    ]);
    // The name is in parentheses and may hold anything; state is field 3, start time field 22.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    if (fields[0] === 'Z' || fields[0] === 'X') return null;
    return { startTicks: Number(fields[19]), args: cmdline.split('\0').slice(0, -1) };
  } catch {
    return process.platform === 'linux' || !signal(pid, 0) ? null : { startTicks: 0, args: [] };
  }
}

/** Sends a signal; answers whether there was anybody to get it. A negative pid names a group. */
export function signal(pid: number, name: NodeJS.Signals | 0): boolean {
  try {
    return process.kill(pid, name);
  } catch {
    return false;
  }
}
