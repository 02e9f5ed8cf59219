import { once } from 'node:events';
import { Socket } from 'node:net';
import { constants } from 'node:os';
import { loadPosix, type Posix, type ProcessEnd } from '../system/posix.js';
import type { KeptProcess } from './kept.js';
import { readProcess, signal } from './process.js';
import type { Exit, Spawned } from './spawn.js';

/** Milliseconds between two looks at adopted processes, should the system's signal get lost. */
const LOOK_MS = 1000;

/**
 * Returns a process that the program before this one has started. It is still a child of this
 * process, but Node does not know it: SIGCHLD tells that one has ended, and waitpid(2) how. Until
 * it is reaped here, no other process can have its pid.
 */
export async function adoptProcess(kept: KeptProcess): Promise<Spawned> {
  const { pid, startTicks } = kept;
  const [stdout, stderr] = [outputOf(kept.stdout), outputOf(kept.stderr)];
  const posix = await loadPosix();
  const found = await readProcess(pid);
  const isOurs = found === null || found.startTicks === startTicks;
  const exited = isOurs ? untilReaped(pid, posix) : Promise.resolve(UNKNOWN);
  let isOver = false;
  const over = exited.then((exit) => {
    isOver = true;
    if (isOurs) signal(-pid, 'SIGKILL');
    return exit;
  });
  const closed = [stdout, stderr].map((stream) => once(stream, 'close').catch(() => {}));
  const drained = Promise.all(closed).then(() => {});
  const kill = (name: NodeJS.Signals) => {
    if (!isOver) signal(pid, name);
  };
  return { pid, stdout, stderr, exited: over, drained, kill };
}

const UNKNOWN: Exit = { code: null, signal: 'SIGKILL' };

function outputOf(fd: number): Socket {
  return new Socket({ fd, readable: true, writable: false });
}

/** Resolves when the process has ended, and reaps it. */
function untilReaped(pid: number, posix: Posix | null): Promise<Exit> {
  return new Promise((resolve) => {
    const look = async () => {
      const end = posix?.endOf(pid) ?? 'unknown';
      if (end === 'runs') return;
      if (end === 'unknown' && (await readProcess(pid)) !== null) return;
      process.off('SIGCHLD', look);
      clearInterval(timer);
      resolve(end === 'unknown' ? UNKNOWN : exitOf(end));
    };
    process.on('SIGCHLD', look);
    const timer = setInterval(look, LOOK_MS).unref();
    void look();
  });
}

function exitOf({ code, signal: number }: ProcessEnd): Exit {
  const found = Object.entries(constants.signals).find(([, value]) => value === number);
  return { code, signal: code === null ? ((found?.[0] ?? 'SIGKILL') as NodeJS.Signals) : null };
}
