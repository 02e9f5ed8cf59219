/** Calls of the C library that Node lacks, for the control thread. All of them return at once. */
import { constants } from 'node:os';

export interface Posix {
  /**
   * Takes flock(2) on an open file, for as long as that stays open: the kernel frees it with its
   * holder, and all that see the file see the lock, in whatever PID namespace they are.
   */
  flock(fd: number, kind: 'shared' | 'exclusive'): 'locked' | 'held by another' | 'not supported';
  /** waitpid(2) with WNOHANG: takes a dead child of ours away; answers whether it was there. */
  reap(pid: number): boolean;
  /** Gives free memory of the C library back to the system; does nothing on musl, which does so itself. */
  trimMemory(): void;
}

const LOCK_KIND = { shared: 1, exclusive: 2 } as const;
const LOCK_NB = 4;
const WNOHANG = 1;

let loaded: Promise<Posix | null> | null = null;

/** Null where koffi has no build for this system, or cannot be loaded. */
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

/** Null where the C library has no such function. */
function find<T>(lookUp: () => T): T | null {
  try {
    return lookUp();
  } catch {
    return null;
  }
}
