import { addressOf } from './libc.js';
import { AF_INET6, SOL_UDP, UDP_SEGMENT } from './libc-sockets.js';

/** Room for `struct sockaddr_in6`. */
export const NAME_SIZE = 28;

// `struct mmsghdr`, `iovec` and `cmsghdr`s of 64-bit Linux, in 32-bit words.
const HEADER = {
  ...{ words: 16, name: 0, nameSize: 2, vector: 4, vectors: 6 },
  ...{ control: 8, controlSize: 10, length: 14 },
};
const VECTOR = { words: 4, base: 0, size: 2 };
/** A message's control data: a local address, which ends where the size of segments begins. */
const CONTROL = { words: 16, segment: 10 };
/** A `cmsghdr` of 16 bytes, and 16 bits. */
const SEGMENT = [18, 0, SOL_UDP, UDP_SEGMENT] as const;
/** `cmsghdr` and `struct in_pktinfo` (ip(7)): IP_PKTINFO, whose second word is our address. */
const IP4_INFO = { start: 2, head: [28, 0, 0, 8], address: 7, words: 1 } as const;
/** `cmsghdr` and `struct in6_pktinfo` (ipv6(7)): IPV6_PKTINFO, which begins with our address. */
const IP6_INFO = { start: 0, head: [36, 0, 41, 50], address: 4, words: 4 } as const;
const WORD = 2 ** 32;

/** An address of this machine: one word of IPv4, or four of IPv6, in the network's order. */
export type LocalAddress = Uint32Array;

/** The kernel's view of a batch: one vector a datagram, and messages that are made of vectors. */
export class MessageHeaders {
  readonly #headers: Uint32Array;
  readonly #vectors: Uint32Array;
  readonly #controls: Uint32Array;
  readonly #headersAddress: number;
  readonly #vectorsAddress: number;
  readonly #controlsAddress: number;
  readonly #info: typeof IP4_INFO | typeof IP6_INFO;

  /**
   * Datagram `i` lies at `bytes + i * stride`; message `i` is that one until told otherwise.
   * `family`: of the socket, for local addresses.
   */
  constructor(count: number, bytes: number, stride: number, family: number = AF_INET6) {
    this.#headers = words(HEADER.words * count);
    this.#vectors = words(VECTOR.words * count);
    this.#controls = words(CONTROL.words * count);
    this.#headersAddress = addressOf(this.#headers);
    this.#vectorsAddress = addressOf(this.#vectors);
    this.#controlsAddress = addressOf(this.#controls);
    this.#info = family === AF_INET6 ? IP6_INFO : IP4_INFO;
    for (let i = 0; i < count; i += 1) {
      setPointer(this.#vectors, VECTOR.words * i + VECTOR.base, bytes + stride * i);
      this.setSize(i, stride);
      this.cover(i, i, 1);
      this.#controls.set(SEGMENT, CONTROL.words * i + CONTROL.segment);
      this.#controls.set(this.#info.head, CONTROL.words * i + this.#info.start);
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

  /** Makes a message of `count` datagrams in a row, from no certain address of ours. */
  cover(message: number, first: number, count: number): void {
    const at = HEADER.words * message;
    const vector = this.#vectorsAddress + 4 * VECTOR.words * first;
    setPointer(this.#headers, at + HEADER.vector, vector);
    this.#headers[at + HEADER.vectors] = count;
    this.#headers[at + HEADER.controlSize] = 0;
  }

  /** Has the kernel cut a message into datagrams of this size (UDP_SEGMENT, udp(7)). */
  segment(message: number, size: number): void {
    // 16 bits in the machine's own order: both that Node runs on here are little-endian.
    this.#controls[CONTROL.words * message + CONTROL.segment + SEGMENT.length] = size;
    this.#setControl(message, CONTROL.segment, CONTROL.words);
  }

  /** Has a message go from this address of ours; to be called after `cover` and `segment`. */
  setLocal(message: number, local: LocalAddress): void {
    const { start, address } = this.#info;
    const isSegmented = this.#headers[HEADER.words * message + HEADER.controlSize] !== 0;
    this.#controls.set(local, CONTROL.words * message + address);
    this.#setControl(message, start, isSegmented ? CONTROL.words : CONTROL.segment);
  }

  /** Has the kernel write the local address of what it receives next. */
  askLocal(message: number): void {
    this.#setControl(message, this.#info.start, CONTROL.segment);
  }

  /** The address of ours that a received message was sent to: a view of memory that is reused. */
  localOf(message: number): LocalAddress {
    const at = CONTROL.words * message + this.#info.address;
    return this.#controls.subarray(at, at + this.#info.words);
  }

  /** Answers whether a received message was sent to that address of ours. */
  isAt(message: number, local: LocalAddress): boolean {
    const at = CONTROL.words * message + this.#info.address;
    for (let word = 0; word < this.#info.words; word += 1) {
      if (this.#controls[at + word] !== local[word]) return false;
    }
    return true;
  }

  #setControl(message: number, start: number, end: number): void {
    const at = HEADER.words * message;
    const address = this.#controlsAddress + 4 * (CONTROL.words * message + start);
    setPointer(this.#headers, at + HEADER.control, address);
    this.#headers[at + HEADER.controlSize] = 4 * (end - start);
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
