import type { Epoll } from './epoll.js';
import {
  close,
  EAGAIN,
  EPOLLET,
  EPOLLIN,
  EPOLLOUT,
  errno,
  MSG_DONTWAIT,
  MSG_NOSIGNAL,
  recv,
  send,
} from './libc.js';

/** One buffer a thread, for reads and sends; its address is known. */
export interface Scratch {
  readonly scratch: Uint8Array;
  readonly address: number;
}

export const NOTHING: Buffer = Buffer.alloc(0);

/** One connection whose bytes are the thread's own to read and write, before it is relayed. */
export class SetupSocket {
  readonly fd: number;
  readonly #poller: Epoll;
  readonly #scratch: Scratch;
  readonly #tag: number;
  readonly #generation: number;
  #reads = true;
  #connecting: boolean;
  #waiting: Buffer = NOTHING;
  /** The events that epoll was asked for; null: it does not watch yet. */
  #mask: number | null = null;

  /** `connecting`: it is on its way to its peer. */
  constructor(
    { poller, scratch }: { readonly poller: Epoll; readonly scratch: Scratch },
    fd: number,
    { tag, generation, connecting }: { tag: number; generation: number; connecting: boolean },
  ) {
    this.fd = fd;
    this.#poller = poller;
    this.#scratch = scratch;
    this.#tag = tag;
    this.#generation = generation;
    this.#connecting = connecting;
  }

  /** Answers whether the kernel had room for it. */
  watch(): boolean {
    const mask = this.#wanted();
    this.#mask = mask;
    return this.#poller.add(this.fd, mask, this.#tag, this.#generation);
  }

  /** Bytes that have found no room yet. */
  get waiting(): Buffer {
    return this.#waiting;
  }

  /** No byte passes before `connected`. */
  get connecting(): boolean {
    return this.#connecting;
  }

  connected(): void {
    this.#connecting = false;
    this.#rewatch();
  }

  /** The setup wants to hear it. */
  get reads(): boolean {
    return this.#reads;
  }

  /** A client that is not to be heard is watched until it says something: most wait for us. */
  listen(on: boolean): void {
    this.#reads = on;
    if (on) this.#rewatch();
  }

  /** Something came that is not to be heard now. */
  hush(): void {
    this.#rewatch();
  }

  /** The events that it is watched for; null: it is not watched. */
  get mask(): number | null {
    return this.#mask;
  }

  /** False: it is broken, or could not connect. */
  send(bytes: Buffer): boolean {
    if (bytes.length === 0) return true;
    this.#waiting = this.#waiting.length === 0 ? bytes : Buffer.concat([this.#waiting, bytes]);
    return this.flush();
  }

  /** Sends what waits, as far as there is room. False: it is broken. */
  flush(): boolean {
    const { length } = this.#waiting;
    if (length > 0) {
      const sent = this.#sendSome(this.#waiting);
      if (sent < 0 && errno() !== EAGAIN) return false;
      if (sent > 0) this.#connecting = false;
      this.#waiting = sent === length ? NOTHING : this.#waiting.subarray(Math.max(sent, 0));
    }
    this.#rewatch();
    return true;
  }

  #sendSome(bytes: Buffer): number {
    const { scratch, address } = this.#scratch;
    const size = bytes.copy(scratch);
    return send(this.fd, address, size, MSG_DONTWAIT | MSG_NOSIGNAL);
  }

  /** A copy of what has come; empty when that is nothing, null at the end, or when it is broken. */
  receive(): Buffer | null {
    const { scratch, address } = this.#scratch;
    const got = recv(this.fd, address, scratch.length, MSG_DONTWAIT);
    if (got > 0) return Buffer.from(scratch.subarray(0, got));
    return got < 0 && errno() === EAGAIN ? NOTHING : null;
  }

  /** Stops watching it, and leaves it open. */
  letGo(): number {
    this.#poller.remove(this.fd);
    return this.fd;
  }

  close(): void {
    close(this.fd);
  }

  #rewatch(): void {
    const mask = this.#wanted();
    if (mask === this.#mask || this.#mask === null) return;
    this.#mask = mask;
    this.#poller.modify(this.fd, mask, this.#tag, this.#generation);
  }

  /** Edge-triggered where nothing is read, as of a pair: a hang-up cannot be masked. */
  #wanted(): number {
    const reads = this.#reads && !this.#connecting;
    const writes = this.#connecting || this.#waiting.length > 0;
    return (reads ? EPOLLIN : EPOLLET) | (writes ? EPOLLOUT : 0);
  }
}
