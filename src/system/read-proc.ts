import { closeSync, openSync, readSync } from 'node:fs';

/** Bytes that are read: what /proc tells of one process or thread is shorter. */
const buffer = Buffer.allocUnsafeSlow(16 * 1024);

/**
 * Reads a short file of /proc in one go, without asking for its size and its end first: hundreds of
 * processes are looked at again and again. Such a file needs no disk. Throws the system's error.
 */
export function readProc(path: string): string {
  const file = openSync(path, 'r');
  try {
    return buffer.toString('latin1', 0, readSync(file, buffer, 0, buffer.length, null));
  } finally {
    closeSync(file);
  }
}
