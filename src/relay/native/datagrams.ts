import { addressOf, EAGAIN, EIO, errno, MSG_DONTWAIT, MSG_NOSIGNAL, recv, send } from './libc.js';
import { receiveMany, sendMany } from './libc-sockets.js';
import { type LocalAddress, MessageHeaders, NAME_SIZE } from './message-headers.js';
import { keyAt, type NameKey } from './names.js';

/** Datagrams of one batch. */
export const BATCH = 64;
/** The longest datagram there is, and some: at a power of two all would share cache lines. */
const STRIDE = 64 * 1024 + 192;
const NAME_STRIDE = 32;
/** Bytes that the kernel cuts up must have been a datagram themselves. */
const MAX_MESSAGE = 65_000;

const FLAGS = MSG_DONTWAIT | MSG_NOSIGNAL;

/** A `struct sockaddr`, and where it lies: it must stay there until all is sent. */
interface Receiver {
  readonly name: Uint8Array;
  readonly nameAddress: number;
  /** The address of ours that it is sent from; null: the one that the route has. */
  readonly local: LocalAddress | null;
}

interface DatagramsOptions {
  /** The senders of received ones are told. */
  readonly named: boolean;
  /** The kernel may be given datagrams in a row to one receiver as one message. */
  readonly segments?: boolean;
  /** The socket's family if it tells the address that each was sent to; null, the default: not. */
  readonly localFamily?: number | null;
}

/** Memory for a batch of datagrams that come in with one call and go out with another. */
export class Datagrams {
  /** The senders, `NAME_STRIDE` bytes each; only where names are asked for. */
  readonly #names = new Uint8Array(new ArrayBuffer(NAME_STRIDE * BATCH));
  readonly #nameWords = new Uint32Array(this.#names.buffer);
  readonly #namesView = new DataView(this.#names.buffer);
  readonly #namesAddress = addressOf(this.#names);
  /** Costs no more than what is touched of it. */
  readonly #bytes = new Uint8Array(new ArrayBuffer(STRIDE * BATCH));
  readonly #bytesAddress = addressOf(this.#bytes);
  readonly #view = new DataView(this.#bytes.buffer);
  readonly #named: boolean;
  readonly #tellsLocal: boolean;
  readonly #in: MessageHeaders;
  readonly #out: MessageHeaders;
  /** The messages that wait: the first datagram of each, and the index behind its last one. */
  readonly #firsts = new Int32Array(BATCH);
  readonly #ends = new Int32Array(BATCH);
  /** The addresses of ours that they go from. */
  readonly #locals: (LocalAddress | null)[] = Array(BATCH).fill(null);
  #messages = 0;
  /** The waiting messages have addresses of their own. */
  #hasReceiver = false;
  #segments: boolean;

  constructor({ named, segments = false, localFamily = null }: DatagramsOptions) {
    this.#named = named;
    this.#segments = segments;
    this.#tellsLocal = localFamily !== null;
    const family = localFamily ?? undefined;
    this.#in = new MessageHeaders(BATCH, this.#bytesAddress, STRIDE, family);
    this.#out = new MessageHeaders(BATCH, this.#bytesAddress, STRIDE, family);
    for (let i = 0; named && i < BATCH; i += 1) {
      this.#in.setName(i, this.#namesAddress + NAME_STRIDE * i, NAME_SIZE);
      if (this.#tellsLocal) this.#in.askLocal(i);
    }
  }

  /** Fills from `first` on; answers how many came, -1 and `errno()` for an error. */
  receive(fd: number, first: number): number {
    const count = receiveMany(fd, this.#in.at(first), BATCH - first);
    // The kernel has written how much room it used.
    for (let i = first; this.#named && i < first + count; i += 1) {
      this.#in.setNameSize(i, NAME_SIZE);
      if (this.#tellsLocal) this.#in.askLocal(i);
    }
    return count;
  }

  /** Fills one place alone, without a header for the kernel to read; answers as `receive`. */
  receiveOne(fd: number, index: number): number {
    const size = recv(fd, this.#bytesAddress + STRIDE * index, STRIDE, MSG_DONTWAIT);
    if (size < 0) return -1;
    this.#in.setLength(index, size);
    return 1;
  }

  /** Bytes of a datagram that was received. */
  sizeOf(index: number): number {
    return this.#in.lengthOf(index);
  }

  /** The sender's `struct sockaddr`: a view that the next `receive` overwrites. */
  senderOf(index: number): Uint8Array {
    return this.#names.subarray(NAME_STRIDE * index, NAME_STRIDE * index + NAME_SIZE);
  }

  /** The address of ours that a datagram was sent to; null: the socket does not tell. */
  localOf(index: number): LocalAddress | null {
    return this.#tellsLocal ? this.#in.localOf(index).slice() : null;
  }

  /** Answers whether a datagram was sent to that address of ours, as far as the socket tells. */
  isAt(index: number, local: LocalAddress | null): boolean {
    return !this.#tellsLocal || (local !== null && this.#in.isAt(index, local));
  }

  /** The key of a datagram's sender. */
  keyOf(index: number): NameKey {
    return keyAt(this.#namesView, NAME_STRIDE * index);
  }

  /** Answers whether a datagram has the sender of the one before it. */
  isOfSame(index: number): boolean {
    const at = (NAME_STRIDE / 4) * index;
    const before = at - NAME_STRIDE / 4;
    for (let word = 0; word < NAME_SIZE / 4; word += 1) {
      if (this.#nameWords[at + word] !== this.#nameWords[before + word]) return false;
    }
    return true;
  }

  /** The 16 bits that a datagram begins with; -1 for a shorter one. */
  startOf(index: number): number {
    const start = STRIDE * index;
    if (this.sizeOf(index) < 2) return -1;
    return ((this.#bytes[start] ?? 0) << 8) | (this.#bytes[start + 1] ?? 0);
  }

  /** The 32 bits at an offset; -1 where the datagram does not come so far. */
  wordOf(index: number, offset: number): number {
    if (this.sizeOf(index) < offset + 4) return -1;
    return this.#view.getUint32(STRIDE * index + offset);
  }

  holds(index: number, bytes: Uint8Array): boolean {
    return this.viewOf(index).indexOf(bytes) >= 0;
  }

  /** The datagram itself, until the next `receive`. */
  viewOf(index: number): Buffer {
    return Buffer.from(this.#bytes.buffer, STRIDE * index, this.sizeOf(index));
  }

  /** Puts another one, not longer, in a datagram's place. */
  replace(index: number, datagram: Uint8Array): void {
    this.#bytes.set(datagram, STRIDE * index);
    this.#in.setLength(index, datagram.length);
  }

  /** Has a received one wait to be sent to where it came from. */
  queueBack(index: number): void {
    const nameAddress = this.#namesAddress + NAME_STRIDE * index;
    const local = this.localOf(index);
    this.queue(index, index + 1, { name: this.senderOf(index), nameAddress, local });
  }

  copyOf(index: number): Uint8Array<ArrayBuffer> {
    const start = STRIDE * index;
    return this.#bytes.slice(start, start + this.sizeOf(index));
  }

  /** Answers whether one of them begins with these 16 bits. */
  anyStartsWith(start: number, first: number, end: number): boolean {
    for (let i = first; i < end; i += 1) if (this.startOf(i) === start) return true;
    return false;
  }

  /** Has received ones wait to be sent; null: as connected. Answers how many bytes they are. */
  queue(first: number, end: number, to: Receiver | null): number {
    let bytes = 0;
    this.#hasReceiver = to !== null;
    for (let i = first; i < end; i += 1) bytes += this.sizeOf(i);
    for (let next = first; next < end; ) {
      const message = this.#messages;
      this.#firsts[message] = next;
      this.#out.setName(message, to?.nameAddress ?? 0, to?.name.length ?? 0);
      this.#locals[message] = to?.local ?? null;
      next = this.#cover(message, next, end);
      this.#ends[message] = next;
      this.#messages += 1;
    }
    return bytes;
  }

  /**
   * Sends what waits. What the kernel has no room for is lost, as datagrams are, and so is one that
   * cannot go where it should. Answers the last error, or 0.
   */
  send(fd: number): number {
    if (this.#messages === 1 && this.#isPlain) return this.#sendOne(fd);
    let error = 0;
    for (let next = 0; next < this.#messages && error !== EAGAIN; ) {
      const sent = sendMany(fd, this.#out.at(next), this.#messages - next, FLAGS);
      if (sent < 0) error = this.#sendSingly(fd, next, errno());
      next += Math.max(1, sent);
    }
    this.#messages = 0;
    return error;
  }

  /** The one datagram that waits, without a header for the kernel to read. Answers as `send`. */
  #sendOne(fd: number): number {
    this.#messages = 0;
    const first = this.#firsts[0] ?? 0;
    const sent = send(fd, this.#bytesAddress + STRIDE * first, this.sizeOf(first), FLAGS);
    return sent < 0 ? errno() : 0;
  }

  /** The waiting message is a single datagram, to the peer of the socket. */
  get #isPlain(): boolean {
    return !this.#hasReceiver && (this.#ends[0] ?? 0) - (this.#firsts[0] ?? 0) === 1;
  }

  /** Puts as many as go together into one message; answers the first one that is not in it. */
  #cover(message: number, first: number, end: number): number {
    const size = this.sizeOf(first);
    this.#out.setSize(first, size);
    let last = size;
    let total = size;
    let next = first + 1;
    // All of one size, but for the last.
    for (; this.#segments && next < end && last === size; next += 1) {
      last = this.sizeOf(next);
      total += last;
      if (last === 0 || last > size || total > MAX_MESSAGE) break;
      this.#out.setSize(next, last);
    }
    this.#out.cover(message, first, next - first);
    if (next - first > 1) this.#out.segment(message, size);
    this.#setLocal(message);
    return next;
  }

  /** A message of several was refused: not every path takes those. Answers the last error, or 0. */
  #sendSingly(fd: number, message: number, refusal: number): number {
    const first = this.#firsts[message] ?? 0;
    const end = this.#ends[message] ?? 0;
    if (end - first < 2 || refusal === EAGAIN) return refusal;
    if (refusal === EIO) this.#segments = false;
    let error = 0;
    for (let i = first; i < end; i += 1) {
      this.#out.cover(message, i, 1);
      this.#setLocal(message);
      if (sendMany(fd, this.#out.at(message), 1, FLAGS) < 0) error = errno();
    }
    return error;
  }

  #setLocal(message: number): void {
    const local = this.#locals[message] ?? null;
    if (local !== null) this.#out.setLocal(message, local);
  }
}
