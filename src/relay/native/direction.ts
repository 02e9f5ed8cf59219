import type { ClientWatch } from '../client-watch.js';
import {
  addressOf,
  EAGAIN,
  EINVAL,
  ENOSYS,
  EPERM,
  errno,
  MSG_DONTWAIT,
  MSG_NOSIGNAL,
  recv,
  SHUT_WR,
  send,
  shutdown,
  splice,
} from './libc.js';
import { emptied, type Pipe, type PipePool } from './pipes.js';

/** Bytes of one read: what a way may move before others get their turn. */
const COPY_SIZE = 64 * 1024;
const SPLICE_SIZE = 256 * 1024;
/** A way that reads so much at once goes on in the kernel; one that reads so little, by copy. */
const SPLICE_FROM = 16 * 1024;
const COPY_BELOW = 8 * 1024;
/** Bytes read by copy from a way whose far side was full: held in memory until there is room. */
const SLOW_SIZE = 16 * 1024;

/** The memory, pipes and counters that all ways of one thread share. */
export class DirectionContext {
  readonly pipes: PipePool;
  /** Bytes moved, by way. */
  readonly counters: Float64Array;
  readonly scratch = new Uint8Array(new ArrayBuffer(COPY_SIZE));
  readonly address = addressOf(this.scratch);
  /** This kernel lets us splice sockets; some sandboxes do not. */
  canSplice = true;

  constructor(pipes: PipePool, counters: Float64Array) {
    this.pipes = pipes;
    this.counters = counters;
  }
}

/** The outcome of an attempt to move bytes; `far` is the side that is written to. */
export type Moved = 'moved' | 'far-full' | 'ended' | 'recalled' | 'near-broken' | 'far-broken';

export interface DirectionEnds {
  readonly from: number;
  readonly to: number;
  /** Bytes that are read go nowhere, and their end is not told. */
  readonly drops?: boolean;
  /** Hears what is read before it is written; null: nobody does. */
  readonly watch: ClientWatch | null;
  /** The near side has ended before, and the far side has been told. Default: false. */
  readonly ended?: boolean;
}

/** One direction of a pair: what is read from one socket is written to the other. */
export class Direction {
  readonly #context: DirectionContext;
  readonly #from: number;
  readonly #to: number;
  readonly #drops: boolean;
  readonly #counter: number;
  /** Bytes that go before all others: the first ones, or those that found no room. */
  #held: Uint8Array | null;
  #pipe: Pipe | null = null;
  #inPipe = 0;
  /** Null: nobody listens. */
  #watch: ClientWatch | null;
  /** The watch has recalled the near side: nothing more is read from it. */
  #recalled = false;
  /** The bytes at which it was recalled. */
  #heldBack: Uint8Array | null = null;
  #splices = false;
  /** The far side was full once. */
  #slow = false;
  #ended = false;

  constructor(
    context: DirectionContext,
    { from, to, drops = false, watch, ended = false }: DirectionEnds,
    counter: number,
    first: Uint8Array | null,
  ) {
    this.#context = context;
    this.#from = from;
    this.#to = to;
    this.#drops = drops;
    this.#watch = watch;
    this.#counter = counter;
    this.#held = first;
    this.#ended = ended;
  }

  /** Bytes wait for room on the far side. */
  get blocked(): boolean {
    return this.#held !== null || this.#pipe !== null;
  }

  /** More may be read. */
  get reading(): boolean {
    return !this.#ended && !this.#recalled && !this.blocked;
  }

  /** The near side has ended, and the far side has all that it said. */
  get ended(): boolean {
    return this.#ended;
  }

  /** The near side's bytes go no further: see `ClientWatch`. */
  get recalled(): boolean {
    return this.#recalled;
  }

  /** The near side stays: its bytes go on. Afterwards `flush`. */
  stay(): void {
    this.#recalled = false;
    this.#held = this.#heldBack;
    this.#heldBack = null;
    this.#watch?.stays();
  }

  /** Bytes that the far side has been sent. */
  get moved(): number {
    return this.#context.counters[this.#counter] ?? 0;
  }

  /** Has the far side hear of that end; closing it does the same. */
  tellEnd(): void {
    if (!this.#drops) shutdown(this.#to, SHUT_WR);
  }

  /** Moves what the near side has, up to one read's worth. Only while `reading`. */
  pull(): Moved {
    return this.#splices ? this.#pullThroughPipe() : this.#pullByCopy();
  }

  /** Moves what is blocked; only then. */
  flush(): Moved {
    return this.#held ? this.#sendHeld(this.#held) : this.#drainPipe();
  }

  /** Returns the bytes that are in no socket, which the far side is to get; null: none. */
  unsent(): Uint8Array | null {
    if (this.#held !== null) return this.#held.slice();
    return this.#pipe === null ? null : emptied(this.#pipe, this.#inPipe);
  }

  /** Lets go of what is in no socket yet. */
  drop(): void {
    if (this.#pipe) this.#context.pipes.discard(this.#pipe);
    this.#pipe = null;
    this.#held = null;
  }

  #pullByCopy(): Moved {
    const { address, canSplice } = this.#context;
    const got = recv(this.#from, address, this.#slow ? SLOW_SIZE : COPY_SIZE, MSG_DONTWAIT);
    if (got <= 0) return got === 0 ? this.#end() : this.#readFailed();
    if (this.#drops) return 'moved';
    if (this.#watch !== null && !this.#passes(this.#watch, got)) return 'recalled';
    this.#splices = got >= SPLICE_FROM && canSplice && this.#watch === null;
    const sent = this.#send(address, got);
    if (sent === got) return 'moved';
    if (sent < 0) return 'far-broken';
    this.#held = this.#context.scratch.slice(sent, got);
    this.#slow = true;
    return 'far-full';
  }

  /** Has the bytes just read heard, and answers whether they may be written. */
  #passes(watch: ClientWatch, got: number): boolean {
    const { scratch, address } = this.#context;
    const heard = watch.hear(Buffer.from(scratch.buffer, 0, got));
    if (heard === 'done') this.#watch = null;
    if (heard !== 'recall') return true;
    this.#recalled = true;
    // A child that has no room for the end of a stream will see the end of the connection.
    const sent = watch.before > 0 ? Math.max(0, this.#send(address, watch.before)) : 0;
    this.#heldBack = scratch.slice(sent, got);
    return false;
  }

  #sendHeld(held: Uint8Array): Moved {
    const sent = this.#send(addressOf(held), held.length);
    if (sent < 0) return 'far-broken';
    this.#held = sent === held.length ? null : held.subarray(sent);
    return this.#held ? 'far-full' : 'moved';
  }

  /** Answers how much there was room for, or -1 when the far side is broken. */
  #send(address: number, size: number): number {
    const sent = send(this.#to, address, size, MSG_DONTWAIT | MSG_NOSIGNAL);
    if (sent < 0) return errno() === EAGAIN ? 0 : -1;
    this.#count(sent);
    return sent;
  }

  #pullThroughPipe(): Moved {
    const { pipes } = this.#context;
    const pipe = pipes.borrow(this.#slow);
    if (pipe === null) return this.#pullByCopy();
    const got = splice(this.#from, pipe.input, SPLICE_SIZE);
    if (got > 0) {
      this.#splices = got >= COPY_BELOW;
      this.#pipe = pipe;
      this.#inPipe = got;
      return this.#drainPipe();
    }
    const moved = got === 0 ? this.#end() : this.#readFailed();
    pipes.giveBack(pipe);
    return moved;
  }

  #drainPipe(): Moved {
    const pipe = this.#pipe;
    while (pipe !== null && this.#inPipe > 0) {
      const sent = splice(pipe.output, this.#to, this.#inPipe);
      if (sent <= 0) return this.#pipeStuck();
      this.#inPipe -= sent;
      this.#count(sent);
    }
    if (pipe !== null) this.#context.pipes.giveBack(pipe);
    this.#pipe = null;
    return 'moved';
  }

  #pipeStuck(): Moved {
    if (errno() !== EAGAIN) return 'far-broken';
    this.#slow = true;
    return 'far-full';
  }

  #readFailed(): Moved {
    const number = errno();
    if (number === EAGAIN) return 'moved';
    if (!this.#splices || (number !== EINVAL && number !== ENOSYS && number !== EPERM)) {
      return 'near-broken';
    }
    this.#context.canSplice = false;
    this.#splices = false;
    return 'moved';
  }

  #end(): Moved {
    this.#ended = true;
    return 'ended';
  }

  #count(bytes: number): void {
    this.#context.counters[this.#counter] = (this.#context.counters[this.#counter] ?? 0) + bytes;
  }
}
