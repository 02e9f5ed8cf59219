import type { Opening, ViewerHearer, ViewerWish } from '../fanout.js';
import type { RelayEnd } from '../relay.js';
import type { Stallable } from '../stall.js';
import type { Epoll } from './epoll.js';
import {
  addressOf,
  close,
  EAGAIN,
  EPOLLERR,
  EPOLLET,
  EPOLLHUP,
  EPOLLIN,
  EPOLLOUT,
  errno,
  MSG_DONTWAIT,
  MSG_NOSIGNAL,
  recv,
  resetOnClose,
  send,
} from './libc.js';
import { CLIENT } from './pair.js';
import type { ViewOrder } from './protocol.js';
import type { Ring } from './ring.js';
import type { Scratch } from './setup-socket.js';

/** Reads of what a viewer says that one event makes, before others get their turn. */
const MOST_READS = 16;

/** Bytes of answers that may wait for the end of a piece; a viewer with more is closed. */
const MOST_ANSWERED = 64 * 1024;
const NOTHING = Buffer.alloc(0);

/** State of a viewer after it was sent what there was room for. `left`: it is to be recalled. */
export type Sent = 'all' | 'full' | 'broken' | 'left';

/** The feed of a viewer. */
export interface ViewerHost {
  readonly ring: Ring;
  readonly scratch: Scratch;
  /** Reports whether `hearerOf` can be called. */
  readonly canHear: boolean;
  /** Makes the hearer of a viewer; null: what viewers say is dropped. */
  hearerOf(settings: unknown): ViewerHearer | null;
  /** Counts bytes that a viewer was sent. */
  count(viewer: NativeViewer, bytes: number): void;
  /** Counts that a viewer fell behind the ring. */
  skipped(viewer: NativeViewer): void;
  /** Acts on what became of a viewer's socket. */
  settle(viewer: NativeViewer, sent: Sent): void;
  /** Ends a viewer. */
  drop(viewer: NativeViewer, end: RelayEnd): void;
}

/** A socket that gets a ring's bytes from its own offset on. It is the one place that closes it. */
export class NativeViewer implements Stallable {
  readonly slot: number;
  readonly generation: number;
  readonly stallMs: number;
  /** Bytes sent so far. */
  sent = 0;
  readonly #fd: number;
  readonly #host: ViewerHost;
  /** Bytes that go before those of the ring. */
  #held: Uint8Array | null;
  /** Offset of the next byte of the ring; null: it waits for a place where it may begin. */
  #at: number | null = null;
  #isNew = true;
  #isFull = false;
  #poller: Epoll | null = null;
  readonly #isHeard: boolean;
  /** Settings of its hearer, which is made when it first says something. */
  #settings: unknown;
  #hearer: ViewerHearer | null = null;
  /** Bytes that were read from it and not heard yet. */
  #said: Uint8Array;
  #state: ViewerWish['state'] = 'plays';
  /** Answers that wait for the end of the present piece. */
  #answer: Buffer = NOTHING;
  #about: unknown = null;

  constructor(order: ViewOrder, host: ViewerHost) {
    this.slot = order.slot;
    this.generation = order.generation;
    this.stallMs = order.stallMs;
    this.#fd = order.client;
    this.#host = host;
    this.#held = order.toClient;
    this.#isHeard = order.hearer !== undefined;
    this.#settings = order.hearer;
    this.#said = order.said;
  }

  /** The socket takes no more at present. */
  get isStuck(): boolean {
    return this.#isFull;
  }

  /** Begins to hear of room and of the end; returns whether the kernel had room for that. */
  watch(poller: Epoll): boolean {
    const tag = 2 * this.slot + CLIENT;
    this.#poller = poller;
    return poller.add(this.#fd, EPOLLIN | EPOLLOUT | EPOLLET, tag, this.generation);
  }

  /** The client, which is not closed, and its hearer's note. */
  get recalled(): { client: number; about: unknown } {
    return { client: this.#fd, about: this.#about };
  }

  /** Hears what it has said so far, and sends as `pump` does. */
  begin(): Sent {
    return this.#drain() ? this.pump() : 'broken';
  }

  /** Sends until there is no room, or no more to send. */
  pump(): Sent {
    this.#isFull = false;
    for (;;) {
      const sent = this.#held === null ? this.#sendNext() : this.#sendHeld(this.#held);
      if (sent === 'full') this.#isFull = true;
      if (sent !== 'more') return sent;
    }
  }

  /** Acts on an event of its socket. */
  handle(_side: number, events: number): void {
    this.#host.settle(this, this.#hear(events));
  }

  end(end: RelayEnd): void {
    this.#host.drop(this, end);
  }

  /**
   * Lets the ring drop what lies before `start`: the rest of a piece that the viewer has begun is
   * kept for it. `rest` returns a copy of the bytes between two offsets.
   */
  release(start: number, rest: (from: number, to: number) => Buffer): void {
    if (this.#at === null || this.#at >= start) return;
    const piece = this.#host.ring.index.pieceAt(this.#at);
    if (piece === null || piece.at === this.#at) return;
    this.#held = rest(piece.at, piece.end).subarray(this.#at - piece.at);
    this.#at = piece.end;
  }

  /** Closes the client, by a reset if it is cut off; one that was recalled stays open. */
  close(end: RelayEnd): void {
    if (end === 'recalled') {
      this.#poller?.remove(this.#fd);
      return;
    }
    if (end === 'stalled' || end === 'child-reset') resetOnClose(this.#fd);
    close(this.#fd);
  }

  #hear(events: number): Sent {
    if (events & (EPOLLERR | EPOLLHUP)) return 'broken';
    if (events & EPOLLIN && !this.#drain()) return 'broken';
    return this.#isFull && !(events & EPOLLOUT) ? 'full' : this.pump();
  }

  /** Sends answers, or from the ring: of the present piece alone if something else comes next. */
  #sendNext(): Sent | 'more' {
    if (this.#answer.length === 0 && this.#state === 'plays') return this.#sendRing(null);
    const { index } = this.#host.ring;
    const piece = this.#at === null ? null : index.pieceAt(this.#at);
    if (piece !== null && piece.at !== this.#at) return this.#sendRing(piece.end);
    if (this.#answer.length > 0) {
      this.#held = this.#answer;
      this.#answer = NOTHING;
      return 'more';
    }
    return this.#state === 'leaves' ? 'left' : 'all';
  }

  /** `until`: an offset, or null for all that there is. */
  #sendRing(until: number | null): Sent | 'more' {
    const { index } = this.#host.ring;
    if (this.#at === null || this.#at < index.start) return this.#begin();
    if (this.#at >= index.end) return 'all';
    const sent = this.#host.ring.send(this.#fd, this.#at, until ?? index.end);
    if (sent < 0) return errno() === EAGAIN ? 'full' : 'broken';
    this.#at += sent;
    this.#count(sent);
    return 'more';
  }

  /** Goes to the newest place, if there is one. */
  #begin(): Sent | 'more' {
    const place = this.#host.ring.index.newest;
    if (place?.opening == null) {
      this.#at = null;
      return 'all';
    }
    this.#hold(place.opening);
    this.#at = place.at;
    return 'more';
  }

  #hold({ first, again }: Opening): void {
    if (!this.#isNew) this.#host.skipped(this);
    this.#held = this.#isNew ? first : again;
    this.#isNew = false;
  }

  #sendHeld(held: Uint8Array): Sent | 'more' {
    const sent = held.length === 0 ? 0 : this.#send(held);
    if (sent < 0) return errno() === EAGAIN ? 'full' : 'broken';
    this.#count(sent);
    this.#held = sent === held.length ? null : held.subarray(sent);
    return 'more';
  }

  #send(bytes: Uint8Array): number {
    return send(this.#fd, addressOf(bytes), bytes.length, MSG_DONTWAIT | MSG_NOSIGNAL);
  }

  #count(bytes: number): void {
    this.sent += bytes;
    this.#host.count(this, bytes);
  }

  /** Reads what the client says; returns whether it can be served on. */
  #drain(): boolean {
    if (this.#isHeard && !this.#host.canHear) return true;
    const said = this.#said;
    this.#said = NOTHING;
    if (!this.#take(said)) return false;
    const { address, scratch } = this.#host.scratch;
    for (let count = 0; count < MOST_READS && this.#state !== 'leaves'; count += 1) {
      const got = recv(this.#fd, address, scratch.length, MSG_DONTWAIT);
      // A client that has nothing more to say may go on reading.
      if (got === 0) return !this.#isHeard;
      if (got < 0) return errno() === EAGAIN;
      if (!this.#take(scratch.subarray(0, got))) return false;
    }
    return true;
  }

  /** Has the client's bytes heard, which may change afterwards; false: it is to be closed. */
  #take(bytes: Uint8Array): boolean {
    if (!this.#isHeard || bytes.length === 0) return true;
    try {
      this.#hearer ??= this.#host.hearerOf(this.#settings);
      this.#settings = null;
      const wish = this.#hearer?.hear(Buffer.from(bytes));
      if (wish !== undefined) this.#heed(wish);
    } catch {
      return false;
    }
    return this.#answer.length <= MOST_ANSWERED;
  }

  #heed({ answer, state, about }: ViewerWish): void {
    if (answer.length > 0) this.#answer = Buffer.concat([this.#answer, answer]);
    this.#state = state;
    this.#about = about ?? null;
  }
}
