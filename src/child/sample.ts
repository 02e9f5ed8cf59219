import { readdirSync, readFileSync } from 'node:fs';
import type { ProcessState, Sample } from './verdict.js';

/** A clock tick of /proc: USER_HZ is 100 on every Linux that Node runs on. */
const TICK_MS = 10;
/** Threads that are looked at: an SRS has one or two, a Node program about twelve. */
const MAX_THREADS = 64;

/** The letters of /proc, by what they tell here; any other sleeps. */
const STATES: Readonly<Record<string, ProcessState>> = {
  R: 'running',
  D: 'disk',
  T: 'stopped',
  t: 'stopped',
};
/** One running thread makes a running process; it is stopped when all are. */
const ORDER: readonly ProcessState[] = ['running', 'disk', 'sleeping', 'stopped'];

/**
 * A process as /proc shows it now; null where it does not. Read at once and not by Node's thread pool:
 * a slow disk would hold that up, and with it the verdict on a child.
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

/** Null where the thread has ended meanwhile. */
function threadOf(path: string): { state: ProcessState; waitMs: number } | null {
  try {
    const [state = ''] = statOf(`${path}/stat`);
    return { state: STATES[state] ?? 'sleeping', waitMs: waitOf(path) };
  } catch {
    return null;
  }
}

/** State, and the ticks of CPU in user and in system mode (fields 3, 14 and 15 of proc(5)). */
function statOf(path: string): (string | undefined)[] {
  const stat = readFileSync(path, 'utf8');
  // The name is in parentheses and may hold anything.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return [fields[0], fields[11], fields[12]];
}

/** Milliseconds of waiting for a CPU: the second number of schedstat is nanoseconds. */
function waitOf(path: string): number {
  try {
    return Number(readFileSync(`${path}/schedstat`, 'utf8').split(' ')[1]) / 1e6;
  } catch {
    return 0;
  }
}
