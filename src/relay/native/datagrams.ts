import { addressOf, EAGAIN, errno, MSG_DONTWAIT, MSG_NOSIGNAL } from './libc.js';
import { receiveMany, sendMany } from './libc-sockets.js';

/** Datagrams of one batch. */
export const BATCH = 64;
/** More than anybody sends through an Ethernet; of what is longer an empty datagram arrives. */
const MAX_DATAGRAM = 2048;
/** Room for `struct sockaddr_in6`. */
export const NAME_SIZE = 28;
const NAME_STRIDE = 32;

// `struct mmsghdr` and `struct iovec` of 64-bit Linux, in 32-bit words.
const HEADER = { words: 16, name: 0, nameSize: 2, vector: 4, vectors: 6, flags: 12, length: 14 };
const VECTOR = { words: 4, base: 0, size: 2 };
const MSG_TRUNC = 0x20;
const WORD = 2 ** 32;

/** Headers for all datagrams of a batch, each over a piece of the same memory. */
class Headers {
  readonly words = new Uint32Array(new ArrayBuffer(4 * HEADER.words * BATCH));
  readonly address = addressOf(this.words);
  readonly #vectors = new Uint32Array(new ArrayBuffer(4 * VECTOR.words * BATCH));

  constructor(bytes: number) {
    const vectors = addressOf(this.#vectors);
    for (let i = 0; i < BATCH; i += 1) {
      this.setAddress(i, HEADER.vector, vectors + 4 * VECTOR.words * i);
      this.words[HEADER.words * i + HEADER.vectors] = 1;
      setPointer(this.#vectors, VECTOR.words * i + VECTOR.base, bytes + MAX_DATAGRAM * i);
      this.setSize(i, MAX_DATAGRAM);
    }
  }

  at(index: number): number {
    return this.address + 4 * HEADER.words * index;
  }

  setAddress(index: number, field: number, address: number): void {
    setPointer(this.words, HEADER.words * index + field, address);
  }

  setSize(index: number, size: number): void {
    this.#vectors[VECTOR.words * index + VECTOR.size] = size;
  }
}

function setPointer(words: Uint32Array, at: number, address: number): void {
  words[at] = address % WORD;
  words[at + 1] = Math.floor(address / WORD);
}

/** Memory for a batch of datagrams that come in with one call and go out with another. */
export class Datagrams {
  /** Who sent what, `NAME_STRIDE` bytes each; only where names are asked for. */
  readonly #names = new Uint8Array(new ArrayBuffer(NAME_STRIDE * BATCH));
  readonly #bytes = new Uint8Array(new ArrayBuffer(MAX_DATAGRAM * BATCH));
  readonly #view = new DataView(this.#bytes.buffer);
  readonly #named: boolean;
  readonly #in = new Headers(addressOf(this.#bytes));
  readonly #out = new Headers(addressOf(this.#bytes));

  constructor(options: { readonly named: boolean }) {
    this.#named = options.named;
    const names = addressOf(this.#names);
    for (let i = 0; this.#named && i < BATCH; i += 1) {
      this.#in.setAddress(i, HEADER.name, names + NAME_STRIDE * i);
    }
  }

  /** Fills from `first` on; answers how many came, -1 and `errno()` for an error. */
  receive(fd: number, first: number): number {
    if (this.#named) {
      for (let i = first; i < BATCH; i += 1) {
        this.#in.words[HEADER.words * i + HEADER.nameSize] = NAME_SIZE;
      }
    }
    return receiveMany(fd, this.#in.at(first), BATCH - first);
  }

  /** Bytes of a datagram that was received; 0 for one that was too long. */
  sizeOf(index: number): number {
    const header = HEADER.words * index;
    if ((this.#in.words[header + HEADER.flags] ?? 0) & MSG_TRUNC) return 0;
    return this.#in.words[header + HEADER.length] ?? 0;
  }

  /** The sender's `struct sockaddr`: a view that the next `receive` overwrites. */
  senderOf(index: number): Uint8Array {
    return this.#names.subarray(NAME_STRIDE * index, NAME_STRIDE * index + NAME_SIZE);
  }

  /** The 16 bits that a datagram begins with; -1 for a shorter one. */
  startOf(index: number): number {
    const start = MAX_DATAGRAM * index;
    if (this.sizeOf(index) < 2) return -1;
    return ((this.#bytes[start] ?? 0) << 8) | (this.#bytes[start + 1] ?? 0);
  }

  /** The 32 bits at an offset; -1 where the datagram does not come so far. */
  wordOf(index: number, offset: number): number {
    if (this.sizeOf(index) < offset + 4) return -1;
    return this.#view.getUint32(MAX_DATAGRAM * index + offset);
  }

  holds(index: number, bytes: Uint8Array): boolean {
    const datagram = Buffer.from(this.#bytes.buffer, MAX_DATAGRAM * index, this.sizeOf(index));
    return datagram.indexOf(bytes) >= 0;
  }

  copyOf(index: number): Uint8Array<ArrayBuffer> {
    const start = MAX_DATAGRAM * index;
    return this.#bytes.slice(start, start + this.sizeOf(index));
  }

  /** Makes a received datagram ready to go out: to this `struct sockaddr`, or 0: as connected. */
  address(index: number, name: number, nameSize: number): void {
    this.#out.setAddress(index, HEADER.name, name);
    this.#out.words[HEADER.words * index + HEADER.nameSize] = nameSize;
    this.#out.setSize(index, this.sizeOf(index));
  }

  /**
   * Sends what was made ready, `first` to before `end`. What the kernel has no room for is lost, as
   * datagrams are, and so is one that cannot go where it should. Answers the last error, or 0.
   */
  send(fd: number, first: number, end: number): number {
    let error = 0;
    for (let next = first; next < end; ) {
      const sent = sendMany(fd, this.#out.at(next), end - next, MSG_DONTWAIT | MSG_NOSIGNAL);
      if (sent < 0) error = errno();
      if (error === EAGAIN) return error;
      next += Math.max(1, sent);
    }
    return error;
  }
}
