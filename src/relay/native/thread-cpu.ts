import { readFileSync, readlinkSync } from 'node:fs';
import { basename } from 'node:path';

/** Ticks a second in which Linux counts CPU time for programs, on all its machines. */
const TICKS = 100;

/** Returns the kernel's id of the calling thread; 0 without /proc. */
export function ownThreadId(): number {
  try {
    return Number(basename(readlinkSync('/proc/thread-self'))) || 0;
  } catch {
    return 0;
  }
}

/** Returns the CPU time of a thread of this process in seconds; null: not known. */
export function threadCpuSeconds(tid: number): number | null {
  if (tid === 0) return null;
  try {
    const text = readFileSync(`/proc/self/task/${tid}/stat`, 'utf8');
    // Times are the 14th and 15th word; the second one, a name in parentheses, may have blanks.
    const words = text.slice(text.lastIndexOf(')') + 2).split(' ');
    return (Number(words[11]) + Number(words[12])) / TICKS;
  } catch {
    return null;
  }
}
