/** The C library's calls on files in memory. Offsets and sizes are bytes. */
import { endianness } from 'node:os';
import { addressOf, checked, libc } from './libc.js';

const MFD_CLOEXEC = 1;
const FALLOC_FL_KEEP_SIZE = 1;
const FALLOC_FL_PUNCH_HOLE = 2;

/** An `off_t` as two words, in a buffer of its own: V8 moves small typed arrays about. */
const OFFSET = new Uint32Array(new ArrayBuffer(8));
const OFFSET_ADDRESS = addressOf(OFFSET);
const WORD = 2 ** 32;
/** Index of the low word. */
const LOW = endianness() === 'LE' ? 0 : 1;

const memfdCreate: (name: string, flags: number) => number = libc.func(
  'int memfd_create(const char *, uint)',
);
const sendFileCall: (to: number, from: number, offset: number, size: number) => number = libc.func(
  'intptr_t sendfile(int, int, uintptr_t, size_t)',
);
/** -1 and `errno()` on failure, as all that follow. */
export const writeAt: (fd: number, address: number, size: number, offset: number) => number =
  libc.func('intptr_t pwrite(int, uintptr_t, size_t, int64_t)');
export const readAt: (fd: number, address: number, size: number, offset: number) => number =
  libc.func('intptr_t pread(int, uintptr_t, size_t, int64_t)');
const fallocate: (fd: number, mode: number, offset: number, size: number) => number = libc.func(
  'int fallocate(int, int, int64_t, int64_t)',
);
/** A file without a name that lives in memory. Throws LibcError. */
export function createMemoryFile(name: string): number {
  return checked('memfd_create', memfdCreate(name, MFD_CLOEXEC));
}

/** Sends bytes of a file to a socket that does not block; returns how many, or -1. */
export function sendFile(to: number, from: number, offset: number, size: number): number {
  OFFSET[LOW] = offset % WORD;
  OFFSET[1 - LOW] = offset / WORD;
  return sendFileCall(to, from, OFFSET_ADDRESS, size);
}

/** Gives the memory of a part of a file back to the system; returns whether it could. */
export function punchHole(fd: number, offset: number, size: number): boolean {
  return fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, offset, size) === 0;
}
