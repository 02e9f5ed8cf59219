/**
 * The C library, as far as relay threads need it: one binding a function, all of them synchronous.
 * Sizes and addresses are plain numbers: they are the fastest arguments that koffi knows.
 */
import { arch, constants } from 'node:os';
import koffi from 'koffi';

export const {
  EAGAIN,
  ECONNABORTED,
  ECONNREFUSED,
  EINPROGRESS,
  EINTR,
  EINVAL,
  EIO,
  ENOSYS,
  EPERM,
} = constants.errno;

export const EPOLLIN = 0x1;
export const EPOLLOUT = 0x4;
export const EPOLLERR = 0x8;
/** Both directions are shut. */
export const EPOLLHUP = 0x10;
/** Signed, as an Int32Array holds it. */
export const EPOLLET = 1 << 31;
export const EPOLL_CTL_ADD = 1;
export const EPOLL_CTL_MOD = 3;
export const EPOLL_CTL_DEL = 2;
const EPOLL_CLOEXEC = 0o2000000;

/** `struct epoll_event` in 32-bit words: the kernel packs it on x86-64 only. */
export const EPOLL_EVENT_WORDS = arch() === 'x64' ? 3 : 4;
/** The word at which its 64 bits of user data begin. */
export const EPOLL_DATA_WORD = arch() === 'x64' ? 1 : 2;

const EFD_CLOEXEC = 0o2000000;
const EFD_NONBLOCK = 0o4000;
const O_CLOEXEC = 0o2000000;
const O_NONBLOCK = 0o4000;
const F_DUPFD_CLOEXEC = 1030;
const F_SETPIPE_SZ = 1031;
export const SOL_SOCKET = 1;
const SO_LINGER = 13;
export const SHUT_WR = 1;
export const MSG_DONTWAIT = 0x40;
export const MSG_NOSIGNAL = 0x4000;
const SPLICE_F_MOVE = 0x1;
const SPLICE_F_NONBLOCK = 0x2;

/** The number that is written to an eventfd. */
const ONE = BigUint64Array.of(1n);

/** The libraries that are linked into this process, the C library among them. */
export const libc = koffi.load(null);

/** The error number of the last call on this thread: read it before any other call. */
export const errno: () => number = koffi.errno;

const epollCreate1: (flags: number) => number = libc.func('int epoll_create1(int)');
const eventFd: (value: number, flags: number) => number = libc.func('int eventfd(uint, int)');
const pipe2: (ends: Int32Array, flags: number) => number = libc.func('int pipe2(void *, int)');
const fcntl: (fd: number, command: number, value: number) => number = libc.func(
  'int fcntl(int, int, int)',
);
export const setSockOpt: (
  fd: number,
  level: number,
  name: number,
  value: Int32Array,
  size: number,
) => number = libc.func('int setsockopt(int, int, int, void *, uint)');
const setAffinity: (thread: number, size: number, mask: Uint8Array) => number = libc.func(
  'int sched_setaffinity(int, size_t, void *)',
);

/** -1 and `errno()` on failure, as all that follow. */
export const epollCtl: (epoll: number, operation: number, fd: number, event: number) => number =
  libc.func('int epoll_ctl(int, int, int, uintptr_t)');

/** Blocks this thread for up to `timeout` ms; answers how many events there are. */
export const epollWait: (epoll: number, events: number, most: number, timeout: number) => number =
  libc.func('int epoll_wait(int, uintptr_t, int, int)');

export const recv: (fd: number, address: number, size: number, flags: number) => number = libc.func(
  'intptr_t recv(int, uintptr_t, size_t, int)',
);

export const send: (fd: number, address: number, size: number, flags: number) => number = libc.func(
  'intptr_t send(int, uintptr_t, size_t, int)',
);

const spliceCall: (
  from: number,
  fromOffset: number,
  to: number,
  toOffset: number,
  size: number,
  flags: number,
) => number = libc.func('intptr_t splice(int, uintptr_t, int, uintptr_t, size_t, uint)');

export const shutdown: (fd: number, how: number) => number = libc.func('int shutdown(int, int)');

export const close: (fd: number) => number = libc.func('int close(int)');

/** Reads from a pipe that does not block. */
export const read: (fd: number, address: number, size: number) => number = libc.func(
  'intptr_t read(int, uintptr_t, size_t)',
);

const write: (fd: number, bytes: BigUint64Array, size: number) => number = libc.func(
  'intptr_t write(int, void *, size_t)',
);

/** Sleeps for so many microseconds; a signal ends it early. */
export const sleep: (microseconds: number) => number = libc.func('int usleep(uint)');

/** The address of a view's bytes; the view must stay referenced while the number is used. */
export function addressOf(view: ArrayBufferView): number {
  return Number(koffi.address(view.buffer)) + view.byteOffset;
}

/** Moves bytes between a socket and a pipe within the kernel; never blocks. */
export function splice(from: number, to: number, size: number): number {
  return spliceCall(from, 0, to, 0, size, SPLICE_F_MOVE | SPLICE_F_NONBLOCK);
}

/** `EMFILE`, … */
export function errorName(number: number): string {
  const names = Object.entries(constants.errno);
  return names.find(([, value]) => value === number)?.[0] ?? `errno ${number}`;
}

/** A failed call of the C library, by name; `code` is the error's name (`EMFILE`, …). */
export class LibcError extends Error {
  readonly code: string;

  constructor(call: string, number: number) {
    const code = errorName(number);
    super(`${call}: ${code}`);
    this.code = code;
  }
}

/** The result of a call, or LibcError for a negative one. */
export function checked(call: string, result: number): number {
  if (result < 0) throw new LibcError(call, errno());
  return result;
}

/** Throws LibcError. */
export function createEpoll(): number {
  return checked('epoll_create1', epollCreate1(EPOLL_CLOEXEC));
}

/** A counter that wakes edge-triggered watchers: nothing reads it. Throws LibcError. */
export function createEvent(): number {
  return checked('eventfd', eventFd(0, EFD_CLOEXEC | EFD_NONBLOCK));
}

export function raiseEvent(fd: number): void {
  write(fd, ONE, 8);
}

/** Another number for the same socket. Throws LibcError. */
export function duplicate(fd: number): number {
  return checked('fcntl', fcntl(fd, F_DUPFD_CLOEXEC, 0));
}

/** A pipe that holds `size` bytes where the kernel grants it. Throws LibcError. */
export function createPipe(size: number): { readonly output: number; readonly input: number } {
  const ends = new Int32Array(2);
  checked('pipe2', pipe2(ends, O_CLOEXEC | O_NONBLOCK));
  const [output = -1, input = -1] = ends;
  fcntl(input, F_SETPIPE_SZ, size);
  return { output, input };
}

/** Makes the next `close` reset the connection. */
export function resetOnClose(fd: number): void {
  setSockOpt(fd, SOL_SOCKET, SO_LINGER, Int32Array.of(1, 0), 8);
}

/** Keeps the calling thread on one CPU, null: on any; answers why it cannot, or null. */
export function pinThread(cpu: number | null): string | null {
  if (cpu === null) return null;
  const mask = new Uint8Array(8 * (1 + Math.floor(cpu / 64)));
  mask[cpu >> 3] = 1 << (cpu & 7);
  const isPinned = setAffinity(0, mask.length, mask) === 0;
  return isPinned ? null : `sched_setaffinity: ${errorName(errno())}`;
}
