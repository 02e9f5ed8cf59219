import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { readProc } from '../system/read-proc.js';
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

/** CPU time and memory of a process at one moment. */
export interface Use {
  /** Time by performance.now() of CPU time and memory. */
  readonly at: number;
  /** Milliseconds of CPU time since its start. */
  readonly cpuMs: number;
  /** Resident bytes. */
  readonly rss: number;
  /** Time by performance.now() of what follows. */
  readonly seenAt: number;
  /** Nanoseconds for which its main thread has run. */
  readonly runNs: number;
  /** How often its main thread has got a CPU since its start; null if the kernel does not count. */
  readonly turns: number | null;
}

/** Share of a CPU from which on a process is at work. */
const AT_WORK = 0.01;
/** Milliseconds that the figures of a process at rest may be old. */
const REST_MS = 10_000;

/**
 * Reads what a process uses; null if it is not there. `last` is what was read before: of one that
 * is at rest all but the turns is read seldom, because an idle box does little else.
 */
export function readUse(pid: number, last: Use | null = null): Use | null {
  try {
    const now = performance.now();
    const [runNs = 0, , turns = null] = schedulingOf(`/proc/${pid}`);
    const seen = { seenAt: now, runNs, turns };
    if (last !== null && isAtRest(last, seen)) return { ...last, ...seen };
    const [, user, system, pages] = statOf(`/proc/${pid}/stat`);
    const cpuMs = (Number(user) + Number(system)) * TICK_MS;
    return { at: now, cpuMs, rss: Number(pages) * pageBytes(), ...seen };
  } catch {
    return null;
  }
}

function isAtRest(last: Use, { seenAt, runNs, turns }: Omit<Use, 'at' | 'cpuMs' | 'rss'>): boolean {
  if (turns === null || seenAt - last.at >= REST_MS) return false;
  return runNs - last.runNs < AT_WORK * 1e6 * (seenAt - last.seenAt);
}

/** Reports whether the system shows processes in /proc. */
export function hasProc(): boolean {
  return existsSync('/proc/self/stat');
}

/** Type of the entry in the auxiliary vector that tells the page size (getauxval(3)). */
const AT_PAGESZ = 6n;
let knownPageBytes = 0;

/** Returns the bytes of a page of memory: 4096 on most machines, up to 64 KB on some. */
function pageBytes(): number {
  if (knownPageBytes > 0) return knownPageBytes;
  const words = new BigUint64Array(new Uint8Array(readFileSync('/proc/self/auxv')).buffer);
  const at = words.findIndex((word, index) => index % 2 === 0 && word === AT_PAGESZ);
  knownPageBytes = Number(words[at + 1] ?? 4096n);
  return knownPageBytes;
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

/**
 * Parses state, ticks of CPU in user and system mode, and resident pages (fields 3, 14, 15 and 24
 * of proc(5)).
 */
function statOf(path: string): (string | undefined)[] {
  const stat = readProc(path);
  // The name is in parentheses and may contain anything.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return [fields[0], fields[11], fields[12], fields[21]];
}

/** Returns the milliseconds of waiting for a CPU. */
function waitOf(path: string): number {
  return (schedulingOf(path)[1] ?? 0) / 1e6;
}

/**
 * Parses schedstat: nanoseconds on a CPU, nanoseconds of waiting for one, and how often it got one.
 * Empty if the kernel does not count.
 */
function schedulingOf(path: string): number[] {
  try {
    return readProc(`${path}/schedstat`).split(' ').map(Number);
  } catch {
    return [];
  }
}
