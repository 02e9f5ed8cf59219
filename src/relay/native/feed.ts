import type { FeedModule, FeedReader, ViewerHearer } from '../fanout.js';
import type { RelayEnd } from '../relay.js';
import type { Epoll } from './epoll.js';
import { close, EAGAIN, EPOLLERR, EPOLLHUP, EPOLLIN, errno, MSG_DONTWAIT, recv } from './libc.js';
import { CHILD } from './pair.js';
import type { FeedOrder } from './protocol.js';
import { Ring } from './ring.js';
import type { NativeViewer, Sent, ViewerHost } from './viewer.js';

/** Reads of a feed that one event makes, before others get their turn. */
const MOST_READS = 16;

/** The part of a thread that its feeds use. */
export interface FeedLinks extends Pick<ViewerHost, 'scratch'> {
  readonly poller: Epoll;
  /** Bytes by slot, see `Shared`. */
  readonly counters: Float64Array;
  /** A viewer or a feed has ended. */
  readonly over: (one: NativeViewer | NativeFeed, end: RelayEnd) => void;
  /** A viewer's socket is full. */
  readonly stuck: (viewer: NativeViewer) => void;
}

/** A child's connection, its ring and its viewers. It is the one place that closes them. */
export class NativeFeed implements ViewerHost {
  readonly slot: number;
  readonly generation: number;
  readonly ring: Ring;
  readonly scratch: ViewerHost['scratch'];
  readonly #links: FeedLinks;
  readonly #order: FeedOrder;
  readonly #viewers = new Set<NativeViewer>();
  /** Viewers that may be behind. */
  readonly #stuck = new Set<NativeViewer>();
  #reader: FeedReader | null = null;
  #module: FeedModule | null = null;
  #activeAt: number;
  #isOver = false;

  constructor(order: FeedOrder, links: FeedLinks) {
    this.slot = order.slot;
    this.generation = order.generation;
    this.ring = new Ring(order.memory, order.ring);
    this.scratch = links.scratch;
    this.#links = links;
    this.#order = order;
    this.#activeAt = performance.now();
  }

  /** Begins to read the child, and to hear viewers that have joined meanwhile. */
  begin(module: FeedModule): void {
    const { child, first, settings } = this.#order;
    this.#module = module;
    this.#reader = module.makeFeedReader(settings);
    for (const viewer of this.#viewers) this.settle(viewer, viewer.begin());
    const tag = 2 * this.slot + CHILD;
    const isWatched = this.#links.poller.add(child, EPOLLIN, tag, this.generation);
    const end = isWatched ? this.#take(Buffer.from(first)) : 'destroyed';
    if (end !== null) this.end(end);
  }

  /** Serves a viewer from the newest place on. `isWatched`: its socket's events are heard of. */
  add(viewer: NativeViewer, isWatched: boolean): void {
    this.#viewers.add(viewer);
    if (isWatched) this.settle(viewer, viewer.begin());
    else this.drop(viewer, 'destroyed');
  }

  /** Acts on an event of the child's socket. */
  handle(_side: number, events: number): void {
    this.#activeAt = performance.now();
    const end = events & EPOLLIN ? this.#pull() : this.#endBy(events);
    if (end !== null) this.end(end);
  }

  tick(now: number): void {
    const { idleMs } = this.#order;
    if (idleMs > 0 && now - this.#activeAt > idleMs) this.end('idle');
    else this.#trim(now);
  }

  get canHear(): boolean {
    return this.#module !== null;
  }

  hearerOf(settings: unknown): ViewerHearer | null {
    return this.#module?.makeViewerHearer?.(settings) ?? null;
  }

  count({ slot }: NativeViewer, bytes: number): void {
    this.#add(2 * slot + 1, bytes);
  }

  skipped({ slot }: NativeViewer): void {
    this.#add(2 * slot, 1);
  }

  settle(viewer: NativeViewer, sent: Sent): void {
    if (sent === 'broken') {
      this.drop(viewer, 'client-reset');
    } else if (sent === 'left') {
      this.drop(viewer, 'recalled');
    } else if (sent === 'full') {
      this.#stuck.add(viewer);
      this.#links.stuck(viewer);
    } else {
      this.#stuck.delete(viewer);
    }
  }

  /** Ends one viewer. */
  drop(viewer: NativeViewer, end: RelayEnd): void {
    if (!this.#viewers.delete(viewer)) return;
    this.#stuck.delete(viewer);
    this.#links.over(viewer, end);
    viewer.close(end);
  }

  /** Ends all viewers, and the feed. */
  end(end: RelayEnd): void {
    if (this.#isOver) return;
    this.#isOver = true;
    for (const viewer of this.#viewers) this.drop(viewer, end);
    this.#links.over(this, end);
    close(this.#order.child);
    close(this.#order.memory);
  }

  #pull(): RelayEnd | null {
    const { address, scratch } = this.scratch;
    for (let count = 0; count < MOST_READS; count += 1) {
      const got = recv(this.#order.child, address, scratch.length, MSG_DONTWAIT);
      if (got === 0) return 'closed';
      if (got < 0) return errno() === EAGAIN ? null : 'child-reset';
      const end = this.#take(Buffer.from(scratch.subarray(0, got)));
      if (end !== null) return end;
      if (got < scratch.length) return null;
    }
    return null;
  }

  #endBy(events: number): RelayEnd | null {
    if (events & EPOLLERR) return 'child-reset';
    return events & EPOLLHUP ? 'closed' : null;
  }

  /** Puts what the bytes complete into the ring, and sends it on. */
  #take(bytes: Buffer): RelayEnd | null {
    const pieces = this.#read(bytes);
    if (pieces === null) return 'child-reset';
    this.#add(2 * this.slot + 1, bytes.length);
    if (pieces.length === 0) return null;
    const now = performance.now();
    if (!this.ring.append(pieces, now)) return 'destroyed';
    this.#trim(now);
    for (const viewer of this.#viewers) {
      if (!viewer.isStuck) this.settle(viewer, viewer.pump());
    }
    return null;
  }

  #read(bytes: Buffer): ReturnType<FeedReader['read']> | null {
    try {
      return this.#reader?.read(bytes) ?? [];
    } catch {
      return null;
    }
  }

  #trim(now: number): void {
    const start = this.ring.index.startAt(now);
    if (start > this.ring.index.start) {
      const rest = this.#restReader();
      for (const viewer of this.#stuck) viewer.release(start, rest);
      this.ring.trim(now);
    }
    this.#links.counters[2 * this.slot] = this.ring.size;
  }

  /** Reads rests of pieces, each piece once for all viewers. */
  #restReader(): (from: number, to: number) => Buffer {
    const known = new Map<number, Buffer>();
    return (from, to) => {
      const bytes = known.get(from) ?? this.ring.read(from, to);
      known.set(from, bytes);
      return bytes;
    };
  }

  #add(counter: number, count: number): void {
    const { counters } = this.#links;
    counters[counter] = (counters[counter] ?? 0) + count;
  }
}
