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
   * Reaps a child process that has ended. `runs`: it has not; `unknown`: it is no child of this
   * process, or another part has reaped it.
   */
  endOf(pid: number): ProcessEnd | 'runs' | 'unknown';
  /**
   * Puts another program in the place of this one, in this process: execve(2). Returns only if that
   * fails, with the system's error code; all other threads run on then.
   */
  exec(path: string, argv: readonly string[], env: NodeJS.ProcessEnv): string;
  /** Has a descriptor live on in a program that `exec` starts, or not. */
  inherit(fd: number, on: boolean): void;
  /** Makes a file without a name that lives in memory; -1 where the system cannot. */
  memoryFile(name: string): number;
  /** Returns another number for the same file, from 3 on; -1 where there is none. */
  duplicate(fd: number): number;
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

/** Exit code of a process, or the number of the signal that ended it; the other one is null. */
export interface ProcessEnd {
  readonly code: number | null;
  readonly signal: number | null;
}

const LOCK_KIND = { shared: 1, exclusive: 2 } as const;
const LOCK_NB = 4;
const WNOHANG = 1;
const F_SETFD = 2;
const FD_CLOEXEC = 1;
const F_DUPFD_CLOEXEC = 1030;
const MFD_CLOEXEC = 1;
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
    endOf: (pid) => {
      const status = new Int32Array(1);
      const found = waitpid(pid, status, WNOHANG);
      if (found === 0) return 'runs';
      return found === pid ? endIn(status[0] ?? 0) : 'unknown';
    },
    ...programCalls(koffi, libc),
    trimMemory: () => mallocTrim?.(0),
    sendUnix: unixSender(koffi, libc),
  };
}

function programCalls(
  koffi: Koffi,
  libc: Library,
): Pick<Posix, 'exec' | 'inherit' | 'memoryFile' | 'duplicate'> {
  const execve = libc.func('int execve(const char *, const char **, const char **)');
  const fcntl = libc.func('int fcntl(int, int, int)');
  const memfdCreate = find(() => libc.func('int memfd_create(const char *, uint)'));
  return {
    exec: (path, argv, env) => {
      const words = Object.entries(env).map(([name, value]) => `${name}=${value}`);
      execve(path, [...argv, null], [...words, null]);
      return errorName(koffi.errno());
    },
    inherit: (fd, on) => void fcntl(fd, F_SETFD, on ? 0 : FD_CLOEXEC),
    memoryFile: (name) => memfdCreate?.(name, MFD_CLOEXEC) ?? -1,
    duplicate: (fd) => fcntl(fd, F_DUPFD_CLOEXEC, 3),
  };
}

/** Decodes a status of waitpid(2). */
function endIn(status: number): ProcessEnd {
  const signal = status & 0x7f;
  return signal === 0 ? { code: (status >> 8) & 0xff, signal: null } : { code: null, signal };
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
