import { addressOf, close, createPipe, read } from './libc.js';

/** Bytes that a pipe holds: one burst of a live stream. It has 64 KB where the kernel refuses. */
const PIPE_SIZE = 256 * 1024;

/** Pipes for ways that were never stuck: slow readers must not make all others copy. */
const RESERVE = 32;
/** Empty pipes that are kept for the next ones. */
const KEEP = 64;

export interface Pipe {
  /** Bytes come out here. */
  readonly output: number;
  /** Bytes go in here. */
  readonly input: number;
  /** Its place in the list of all pipes. */
  readonly index: number;
}

/**
 * The pipes of one thread, lent while bytes are in them: as many as are stuck at one time, one as a
 * rule. Their numbers stand in shared memory, for the control side to clean up after this thread.
 */
export class PipePool {
  readonly #idle: Pipe[] = [];
  /** The number of pipes that lay idle all the time since the last `trim`. */
  #spare = 0;
  readonly #free: number[];
  readonly #numbers: Int32Array;

  /** `numbers` has room for both ends of every pipe that may exist; -1 where there is none. */
  constructor(numbers: Int32Array) {
    this.#numbers = numbers;
    this.#free = Array.from({ length: numbers.length / 2 }, (_, index) => index).reverse();
  }

  /** An empty pipe; null when all that this way may have are lent, or no more can be opened. */
  borrow(wasStuck: boolean): Pipe | null {
    if (wasStuck && this.#idle.length + this.#free.length <= RESERVE) return null;
    const pipe = this.#idle.pop() ?? this.#create();
    this.#spare = Math.min(this.#spare, this.#idle.length);
    return pipe;
  }

  /** Closes pipes that were not borrowed since the last call: to be called now and then. */
  trim(): void {
    for (const pipe of this.#idle.splice(0, this.#spare)) this.discard(pipe);
    this.#spare = this.#idle.length;
  }

  /** Takes an empty pipe back. */
  giveBack(pipe: Pipe): void {
    if (this.#idle.length < KEEP) this.#idle.push(pipe);
    else this.discard(pipe);
  }

  /** Closes a pipe, and loses the bytes in it. */
  discard({ index, output, input }: Pipe): void {
    this.#numbers.fill(-1, 2 * index, 2 * index + 2);
    this.#free.push(index);
    close(output);
    close(input);
  }

  #create(): Pipe | null {
    const index = this.#free.pop();
    if (index === undefined) return null;
    try {
      const { output, input } = createPipe(PIPE_SIZE);
      this.#numbers.set([output, input], 2 * index);
      return { output, input, index };
    } catch {
      this.#free.push(index);
      return null;
    }
  }
}

/** Returns the bytes in a pipe, of which there are `size`; it is empty afterwards. */
export function emptied({ output }: Pipe, size: number): Uint8Array {
  const bytes = new Uint8Array(new ArrayBuffer(size));
  const address = addressOf(bytes);
  let at = 0;
  while (at < size) {
    const got = read(output, address + at, size - at);
    if (got <= 0) break;
    at += got;
  }
  return bytes.subarray(0, at);
}
