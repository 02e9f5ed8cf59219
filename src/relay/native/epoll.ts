import {
  addressOf,
  EINTR,
  EPOLL_CTL_ADD,
  EPOLL_CTL_DEL,
  EPOLL_CTL_MOD,
  EPOLL_DATA_WORD,
  EPOLL_EVENT_WORDS,
  epollCtl,
  epollWait,
  errno,
  LibcError,
} from './libc.js';

/** Most events that one call fetches. */
const BATCH = 512;

/** One epoll instance. Every descriptor carries a tag and a generation, which its events repeat. */
export class Epoll {
  readonly #epoll: number;
  // Over buffers of their own: V8 moves small typed arrays about, the kernel needs them in place.
  readonly #one = new Int32Array(new ArrayBuffer(4 * EPOLL_EVENT_WORDS));
  readonly #batch = new Int32Array(new ArrayBuffer(4 * EPOLL_EVENT_WORDS * BATCH));
  readonly #oneAddress = addressOf(this.#one);
  readonly #batchAddress = addressOf(this.#batch);

  constructor(epoll: number) {
    this.#epoll = epoll;
  }

  /** Answers whether the kernel had room for it. */
  add(fd: number, mask: number, tag: number, generation: number): boolean {
    return this.#control(EPOLL_CTL_ADD, fd, mask, tag, generation);
  }

  modify(fd: number, mask: number, tag: number, generation: number): boolean {
    return this.#control(EPOLL_CTL_MOD, fd, mask, tag, generation);
  }

  remove(fd: number): void {
    this.#control(EPOLL_CTL_DEL, fd, 0, 0, 0);
  }

  /** Blocks for up to `timeout` ms; answers the number of events. Throws LibcError. */
  wait(timeout: number): number {
    const count = epollWait(this.#epoll, this.#batchAddress, BATCH, timeout);
    if (count >= 0) return count;
    const number = errno();
    if (number === EINTR) return 0;
    throw new LibcError('epoll_wait', number);
  }

  /** The kinds of the event at `index` of the last batch. */
  maskAt(index: number): number {
    return this.#batch[index * EPOLL_EVENT_WORDS] ?? 0;
  }

  tagAt(index: number): number {
    return this.#batch[index * EPOLL_EVENT_WORDS + EPOLL_DATA_WORD] ?? 0;
  }

  generationAt(index: number): number {
    return this.#batch[index * EPOLL_EVENT_WORDS + EPOLL_DATA_WORD + 1] ?? 0;
  }

  #control(operation: number, fd: number, ...event: [number, number, number]): boolean {
    const [mask, tag, generation] = event;
    this.#one[0] = mask;
    this.#one[EPOLL_DATA_WORD] = tag;
    this.#one[EPOLL_DATA_WORD + 1] = generation;
    return epollCtl(this.#epoll, operation, fd, this.#oneAddress) === 0;
  }
}
