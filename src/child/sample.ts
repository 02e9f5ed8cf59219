import { readdirSync, readFileSync } from 'node:fs';
import type { ProcessState, Sample } from './verdict.js';

/** Milliseconds per clock tick in /proc: USER_HZ is 100 on every Linux that Node runs on. */
const TICK_MS = 10;
/** Most threads per sample: an SRS has one or two, a Node program about twelve. */
const MAX_THREADS = 64;

/** State letters of /proc; any other means asleep. */
const STATES: Readonly<Record<string, ProcessState>> = {
  R: 'running',
  D: 'disk',
  T: 'stopped',
  t: 'stopped',
};
/** A process runs if one thread runs, and is stopped if all are. */
const ORDER: readonly ProcessState[] = ['running', 'disk', 'sleeping', 'stopped'];

/**
 * Reads a process from /proc; null if it is not there. Reads synchronously, because a slow disk
 * would block Node's thread pool, and with it the verdict on a child.
 */
export function readSample(pid: number): Sample | null {
  try {
    const [, user, system] = statOf(`/proc/${pid}/stat`);
    const threads = readdirSync(`/proc/${pid}/task`)
      .slice(0, MAX_THREADS)
      .flatMap((id) => threadOf(`/proc/${pid}/task/${id}`) ?? []);
    const states = threads.map(({ state }) => state);
    const state = ORDER.find((one) => states.includes(one));
    if (state === undefined) return null;
    const waitMs = threads.reduce((sum, thread) => sum + thread.waitMs, 0);
    const cpuMs = (Number(user) + Number(system)) * TICK_MS;
    return { at: performance.now(), state, cpuMs, waitMs };
  } catch {
    return null;
  }
}

/** Returns null if the thread has ended. */
function threadOf(path: string): { state: ProcessState; waitMs: number } | null {
  try {
    const [state = ''] = statOf(`${path}/stat`);
    return { state: STATES[state] ?? 'sleeping', waitMs: waitOf(path) };
  } catch {
    return null;
  }
}

/** Parses state, and ticks of CPU in user and system mode (fields 3, 14 and 15 of proc(5)). */
function statOf(path: string): (string | undefined)[] {
  const stat = readFileSync(path, 'utf8');
  // The name is in parentheses and may contain anything.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return [fields[0], fields[11], fields[12]];
}

/** Parses the milliseconds of waiting for a CPU: the second number of schedstat, in nanoseconds. */
function waitOf(path: string): number {
  try {
    return Number(readFileSync(`${path}/schedstat`, 'utf8').split(' ')[1]) / 1e6;
  } catch {
    return 0;
  }
}
