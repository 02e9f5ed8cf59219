import { addressOf } from './libc.js';
import { SOL_UDP, UDP_SEGMENT } from './libc-sockets.js';

/** Room for `struct sockaddr_in6`. */
export const NAME_SIZE = 28;

// `struct mmsghdr`, `iovec` and a `cmsghdr` with 16 bits in it, of 64-bit Linux, in 32-bit words.
const HEADER = {
  ...{ words: 16, name: 0, nameSize: 2, vector: 4, vectors: 6 },
  ...{ control: 8, controlSize: 10, length: 14 },
};
const VECTOR = { words: 4, base: 0, size: 2 };
const CONTROL = { words: 6, size: 0, level: 2, type: 3, value: 4 };
const CONTROL_LENGTH = 18;
const WORD = 2 ** 32;

/** The kernel's view of a batch: one vector a datagram, and messages that are made of vectors. */
export class MessageHeaders {
  readonly #headers: Uint32Array;
  readonly #vectors: Uint32Array;
  readonly #controls: Uint32Array;
  readonly #headersAddress: number;
  readonly #vectorsAddress: number;
  readonly #controlsAddress: number;

  /** Datagram `i` lies at `bytes + i * stride`; message `i` is that one until told otherwise. */
  constructor(count: number, bytes: number, stride: number) {
    this.#headers = words(HEADER.words * count);
    this.#vectors = words(VECTOR.words * count);
    this.#controls = words(CONTROL.words * count);
    this.#headersAddress = addressOf(this.#headers);
    this.#vectorsAddress = addressOf(this.#vectors);
    this.#controlsAddress = addressOf(this.#controls);
    for (let i = 0; i < count; i += 1) {
      setPointer(this.#vectors, VECTOR.words * i + VECTOR.base, bytes + stride * i);
      this.setSize(i, stride);
      this.cover(i, i, 1);
      this.#controls.set([CONTROL_LENGTH, 0, SOL_UDP, UDP_SEGMENT], CONTROL.words * i);
    }
  }

  /** The address of a message's header. */
  at(message: number): number {
    return this.#headersAddress + 4 * HEADER.words * message;
  }

  /** The size of a message, as the kernel has received it. */
  lengthOf(message: number): number {
    return this.#headers[HEADER.words * message + HEADER.length] ?? 0;
  }

  setLength(message: number, length: number): void {
    this.#headers[HEADER.words * message + HEADER.length] = length;
  }

  /** Sets the bytes of a datagram's memory that are sent, or may be filled. */
  setSize(datagram: number, size: number): void {
    this.#vectors[VECTOR.words * datagram + VECTOR.size] = size;
  }

  /** Sets the peer's `struct sockaddr` of a message, at `address`; 0: none. */
  setName(message: number, address: number, size: number): void {
    const at = HEADER.words * message;
    setPointer(this.#headers, at + HEADER.name, address);
    this.#headers[at + HEADER.nameSize] = size;
  }

  setNameSize(message: number, size: number): void {
    this.#headers[HEADER.words * message + HEADER.nameSize] = size;
  }

  /** Makes a message of `count` datagrams in a row. */
  cover(message: number, first: number, count: number): void {
    const at = HEADER.words * message;
    const vector = this.#vectorsAddress + 4 * VECTOR.words * first;
    setPointer(this.#headers, at + HEADER.vector, vector);
    this.#headers[at + HEADER.vectors] = count;
    this.#headers[at + HEADER.controlSize] = 0;
  }

  /** Has the kernel cut a message into datagrams of this size (UDP_SEGMENT, udp(7)). */
  segment(message: number, size: number): void {
    const at = HEADER.words * message;
    const control = CONTROL.words * message;
    // 16 bits in the machine's own order: both that Node runs on here are little-endian.
    this.#controls[control + CONTROL.value] = size;
    setPointer(this.#headers, at + HEADER.control, this.#controlsAddress + 4 * control);
    this.#headers[at + HEADER.controlSize] = 4 * CONTROL.words;
  }
}

/** In a buffer of its own: V8 moves small arrays about, the kernel needs them in place. */
function words(count: number): Uint32Array {
  return new Uint32Array(new ArrayBuffer(4 * count));
}

function setPointer(into: Uint32Array, at: number, address: number): void {
  into[at] = address % WORD;
  into[at + 1] = Math.floor(address / WORD);
}
