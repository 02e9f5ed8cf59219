/**
 * The room `system/`: thin helpers over Node and the C library.
 * May import: logging.
 */

/** C library calls that Node lacks, for the control thread. All return at once. */
import { constants } from 'node:os';

export interface Posix {
  /**
   * Takes flock(2) on an open file until it is closed. The kernel frees the lock with its holder,
   * and it holds across PID namespaces for all that see the file.
   */
  flock(fd: number, kind: 'shared' | 'exclusive'): 'locked' | 'held by another' | 'not supported';
  /** Reaps a dead child process: waitpid(2) with WNOHANG. Returns whether it was one. */
  reap(pid: number): boolean;
  /**
   * Returns free memory of the C library to the system; musl does so itself, so nothing is done.
   */
  trimMemory(): void;
}

const LOCK_KIND = { shared: 1, exclusive: 2 } as const;
const LOCK_NB = 4;
const WNOHANG = 1;

let loaded: Promise<Posix | null> | null = null;

/** Loads the calls; null if koffi has no build for this system or fails to load. */
export function loadPosix(): Promise<Posix | null> {
  loaded ??= load().catch(() => null);
  return loaded;
}

async function load(): Promise<Posix> {
  const { default: koffi } = await import('koffi');
  const libc = koffi.load(null);
  const flock = libc.func('flock', 'int', ['int', 'int']);
  const waitpid = libc.func('waitpid', 'int', ['int', 'void *', 'int']);
  const mallocTrim = find(() => libc.func('malloc_trim', 'int', ['size_t']));
  return {
    flock: (fd, kind) => {
      if (flock(fd, LOCK_KIND[kind] | LOCK_NB) === 0) return 'locked';
      return koffi.errno() === constants.errno.EWOULDBLOCK ? 'held by another' : 'not supported';
    },
    reap: (pid) => waitpid(pid, null, WNOHANG) === pid,
    trimMemory: () => mallocTrim?.(0),
  };
}

/** Null if the C library lacks the function. */
function find<T>(lookUp: () => T): T | null {
  try {
    return lookUp();
  } catch {
    return null;
  }
}
