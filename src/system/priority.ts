import { readFileSync, writeFileSync } from 'node:fs';
import { getPriority, setPriority } from 'node:os';

/** Steps of `nice` between us and the programs that we start: a weight of three to one. */
const STEPS = 5;
const MOST = -20;
/** The priority that we were started with. */
const USUAL = getPriority();
/**
 * Weight of a session among sessions (sched(7), autogroup): between sessions `nice` counts nothing,
 * and each child has a session of its own.
 */
const SESSION = '/proc/self/autogroup';

/**
 * Gives this thread, and the threads that it starts from now on, more of a busy CPU than the
 * programs that we start: the clients of all children wait for these threads, which use little.
 * Returns false where the system does not allow it (no CAP_SYS_NICE, no RLIMIT_NICE).
 */
export function raisePriority(): boolean {
  try {
    setPriority(Math.max(USUAL - STEPS, MOST));
    if (leadsSession()) raiseSession();
    return true;
  } catch {
    return false;
  }
}

/** Gives a program that has just been started the priority that we were started with. */
export function takeUsualPriority(pid: number): void {
  if (getPriority() === USUAL) return;
  try {
    setPriority(pid, USUAL);
  } catch {
    // It has ended already.
  }
}

/** A service has a session of its own; in a terminal's session, other programs run as well. */
function leadsSession(): boolean {
  const stat = textOf('/proc/self/stat');
  // Behind the name, which may contain anything: state, parent, group, session.
  const [, , , session] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return session === String(process.pid);
}

/** Leaves a weight that somebody else has chosen. */
function raiseSession(): void {
  if (textOf(SESSION).trimEnd().endsWith(' nice 0')) writeFileSync(SESSION, `${-STEPS}`);
}

/** Empty if there is no such file. */
function textOf(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
