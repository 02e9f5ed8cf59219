/**
 * The room `system/`: thin helpers over Node and the C library.
 * May import: logging.
 */

/** C library calls that Node lacks, for the control thread. All return at once. */
import { closeSync } from 'node:fs';
import { constants } from 'node:os';

type Koffi = typeof import('koffi').default;
type Library = ReturnType<Koffi['load']>;

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
  /**
   * Sends a datagram to a Unix socket; a leading `@` of its path means the abstract namespace.
   * Returns '', or the system's error code.
   */
  sendUnix(path: string, text: string): string;
}

const LOCK_KIND = { shared: 1, exclusive: 2 } as const;
const LOCK_NB = 4;
const WNOHANG = 1;
const AF_UNIX = 1;
const SOCK_DGRAM = 2;
const SOCK_CLOEXEC = 0o2000000;
const MSG_DONTWAIT = 0x40;
const MSG_NOSIGNAL = 0x4000;

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
    sendUnix: unixSender(koffi, libc),
  };
}

function unixSender(koffi: Koffi, libc: Library): Posix['sendUnix'] {
  const socket = libc.func('socket', 'int', ['int', 'int', 'int']);
  const sendto = libc.func('intptr_t sendto(int, void *, size_t, int, void *, uint)');
  return (path, text) => {
    const fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (fd < 0) return errorName(koffi.errno());
    const [bytes, address] = [Buffer.from(text), unixAddress(path)];
    const flags = MSG_DONTWAIT | MSG_NOSIGNAL;
    const sent = Number(sendto(fd, bytes, bytes.length, flags, address, address.length));
    const code = sent < 0 ? errorName(koffi.errno()) : '';
    closeSync(fd);
    return code;
  };
}

/** Returns a `sockaddr_un` (unix(7)): the family in host order, then the path. */
function unixAddress(path: string): Buffer {
  const family = Buffer.from(Uint16Array.of(AF_UNIX).buffer);
  return Buffer.concat([family, Buffer.from(path.startsWith('@') ? `\0${path.slice(1)}` : path)]);
}

function errorName(errno: number): string {
  const { errno: codes } = constants;
  return Object.entries(codes).find(([, code]) => code === errno)?.[0] ?? `errno ${errno}`;
}

/** Null if the C library lacks the function. */
function find<T>(lookUp: () => T): T | null {
  try {
    return lookUp();
  } catch {
    return null;
  }
}
