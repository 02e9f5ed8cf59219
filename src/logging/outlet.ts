import { close, constants, fstatSync, openSync, readlinkSync, write } from 'node:fs';
import type { Writable } from 'node:stream';

/** Told of an error, or null, and of how many bytes were taken before it. */
type Written = (error: Error | null, bytes: number) => void;

/** Where a sink's bytes go. A write never blocks the event loop, and at most one is under way. */
export interface Outlet {
  write(bytes: Buffer, done: Written): void;
  /** Goes on in a new file of the same name; answers that name, or null where it is no file. */
  reopen(): string | null;
}

/**
 * The outlet of standard output (1) or standard error (2). A pipe and a terminal are opened once
 * more, so that they do not block: the flag on our own descriptor would hold for all programs that
 * share it. A regular file never makes its writer wait for a reader.
 */
export function openOutlet(fd: number, stream: () => Writable): Outlet {
  const stat = fstatSync(fd);
  if (stat.isFile()) return new FileOutlet(fd);
  // A socket cannot be opened anew; libuv writes to it without blocking.
  if (stat.isSocket()) return new StreamOutlet(stream());
  try {
    const flags = constants.O_WRONLY | constants.O_NONBLOCK | constants.O_NOCTTY;
    return new DescriptorOutlet(openSync(`/proc/self/fd/${fd}`, flags));
  } catch {
    // No /proc, no reader, or another user's pipe.
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
  /** Replaced while a write to it was under way. */
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

  /** @throws the system's error; the file stays as it is then */
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

  /** Standard output and error stay open: another file would get their number. */
  #closeOld(): void {
    if (this.#old !== null && this.#old !== this.#first) close(this.#old);
    this.#old = null;
  }
}

/** '' where it has none, or no longer. */
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
    // The write that fails is told of it; without a listener Node would end the process.
    stream.on('error', () => {});
  }

  write(bytes: Buffer, done: Written): void {
    this.#stream.write(bytes, (error) => done(error ?? null, error ? 0 : bytes.length));
  }

  reopen(): string | null {
    return null;
  }
}
