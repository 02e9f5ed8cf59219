import { close, constants, fstatSync, openSync, readlinkSync, write } from 'node:fs';
import type { Writable } from 'node:stream';

/** Called with an error or null, and the number of bytes written before it. */
type Written = (error: Error | null, bytes: number) => void;

/** Destination of a sink's bytes. A write never blocks the event loop; at most one is pending. */
export interface Outlet {
  write(bytes: Buffer, done: Written): void;
  /** Continues in a new file of the same name; returns the name, or null if it is not a file. */
  reopen(): string | null;
}

/**
 * Opens an outlet for standard output (1) or standard error (2). Pipes and terminals are opened
 * again to be non-blocking: the flag on our own descriptor would affect all programs that share it.
 * Writes to a regular file never wait for a reader.
 */
export function openOutlet(fd: number, stream: () => Writable): Outlet {
  const stat = fstatSync(fd);
  if (stat.isFile()) return new FileOutlet(fd);
  // A socket cannot be opened again, but libuv does not block on it.
  if (stat.isSocket()) return new StreamOutlet(stream());
  try {
    const flags = constants.O_WRONLY | constants.O_NONBLOCK | constants.O_NOCTTY;
    return new DescriptorOutlet(openSync(`/proc/self/fd/${fd}`, flags));
  } catch {
    // /proc is missing, the pipe has no reader, or it is another user's.
    return stat.isFIFO() ? new StreamOutlet(stream()) : new DescriptorOutlet(fd);
  }
}

class DescriptorOutlet implements Outlet {
  protected fd: number;

  constructor(fd: number) {
    this.fd = fd;
  }

  write(bytes: Buffer, done: Written): void {
    write(this.fd, bytes, 0, bytes.length, null, done);
  }

  reopen(): string | null {
    return null;
  }
}

class FileOutlet extends DescriptorOutlet {
  readonly #path: string;
  readonly #first: number;
  /** Descriptor that was replaced during a write to it. */
  #old: number | null = null;
  #isWriting = false;

  constructor(fd: number) {
    super(fd);
    this.#first = fd;
    this.#path = pathOf(fd);
  }

  override write(bytes: Buffer, done: Written): void {
    this.#isWriting = true;
    super.write(bytes, (error, written) => {
      this.#isWriting = false;
      this.#closeOld();
      done(error, written);
    });
  }

  /** @throws the system's error; the old file then stays in use */
  override reopen(): string | null {
    if (this.#path === '') return null;
    const { O_WRONLY, O_APPEND, O_CREAT } = constants;
    const fd = openSync(this.#path, O_WRONLY | O_APPEND | O_CREAT, 0o640);
    if (this.#old === null) this.#old = this.fd;
    else close(this.fd);
    this.fd = fd;
    if (!this.#isWriting) this.#closeOld();
    return this.#path;
  }

  /** Standard output and error stay open: another file would get their descriptor number. */
  #closeOld(): void {
    if (this.#old !== null && this.#old !== this.#first) close(this.#old);
    this.#old = null;
  }
}

/** Returns the descriptor's path; '' if it has none or the file was deleted. */
function pathOf(fd: number): string {
  try {
    const path = readlinkSync(`/proc/self/fd/${fd}`);
    return path.startsWith('/') && !path.endsWith(' (deleted)') ? path : '';
  } catch {
    return '';
  }
}

class StreamOutlet implements Outlet {
  readonly #stream: Writable;

  constructor(stream: Writable) {
    this.#stream = stream;
    // The write reports its error; without a listener Node would end the process.
    stream.on('error', () => {});
  }

  write(bytes: Buffer, done: Written): void {
    this.#stream.write(bytes, (error) => done(error ?? null, error ? 0 : bytes.length));
  }

  reopen(): string | null {
    return null;
  }
}
