import type { Socket } from 'node:net';

import { z } from 'zod';
import { BYTES, COUNT } from '../fields.js';

import type {
  FanoutThreads,
  Feed,
  FeedStart,
  RingBounds,
  Viewer,
  ViewerStart,
} from '../relay/fanout.js';

/** Viewers of one feed beyond which another thread gets a feed, too. */
const SPREAD_FROM = 50;
/** Milliseconds for which a feed without viewers stays open. */
const LINGER_MS = 3000;
/** Milliseconds until a feed is tried again after one that could not be opened. */
const RETRY_MS = 10_000;
/** Most milliseconds for a child's first bytes. */
const DIAL_MS = 5000;

/** A child's connection that has begun to serve us as a player. */
export interface OpenFeed extends Omit<FeedStart, 'ring'> {
  /** Gives the connection's place back when it has closed. */
  readonly giveBack: () => void;
}

export interface StreamFeedsOptions {
  readonly threads: FanoutThreads;
  /** Connects to the child; rejects if that does not serve the stream, and by the signal. */
  readonly dial: (signal: AbortSignal) => Promise<OpenFeed>;
  readonly ring: () => RingBounds;
  /** Reports whether there is memory for one more ring. */
  readonly hasRoom: () => boolean;
  /** Called when a viewer has left, with how often it fell behind. */
  readonly onLeft: (skipped: number) => void;
  /** Called when the last feed has ended. */
  readonly onEmpty: () => void;
}

/** A feed with its viewers. */
interface Entry {
  readonly feed: Feed;
  readonly thread: number;
  readonly viewers: Set<Viewer>;
  /** Ends the feed unless a viewer comes. */
  timer: NodeJS.Timeout | null;
}

/** Figures of a stream's fan-out. */
export const FANOUT_ROW = z.object({
  viewers: COUNT,
  feeds: COUNT.describe('connections to the child'),
  skipped: COUNT.describe('how often viewers that are there fell behind'),
  ringBytes: BYTES,
});
export type FanoutRow = Readonly<z.infer<typeof FANOUT_ROW>>;

/** The feeds of one stream of one child: one for each relay thread at most. */
export class StreamFeeds {
  readonly #options: StreamFeedsOptions;
  readonly #entries = new Map<number, Entry>();
  #opening: Promise<void> | null = null;
  /** No feed is tried before, on performance.now()'s clock. */
  #retryAt = 0;

  constructor(options: StreamFeedsOptions) {
    this.#options = options;
  }

  row(): FanoutRow {
    const entries = [...this.#entries.values()];
    const viewers = entries.flatMap((entry) => [...entry.viewers]);
    return {
      viewers: viewers.length,
      feeds: entries.length,
      skipped: viewers.reduce((sum, { skipped }) => sum + skipped, 0),
      ringBytes: entries.reduce((sum, { feed }) => sum + feed.ringBytes, 0),
    };
  }

  /**
   * Resolves when a viewer could join, or a feed could not be opened; returns whether it can.
   * Callers that come meanwhile share the attempt.
   */
  async ready(): Promise<boolean> {
    const best = this.#leastViewed();
    const isFull = best === null || best.viewers.size >= SPREAD_FROM;
    if (isFull) this.#opening ??= this.#open().finally(() => this.#opened());
    if (best === null) await this.#opening;
    return this.#entries.size > 0;
  }

  /** Takes a viewer over; null, with the socket untouched, if that cannot be done. */
  join(client: Socket, start: ViewerStart): Viewer | null {
    const entry = this.#leastViewed();
    const viewer = entry?.feed.join(client, start) ?? null;
    if (entry === null || viewer === null) return null;
    clearTimeout(entry.timer ?? undefined);
    entry.timer = null;
    entry.viewers.add(viewer);
    void viewer.ended.then(() => this.#left(entry, viewer));
    return viewer;
  }

  /** Has nobody begin at what has come so far: the stream has ended. */
  forget(): void {
    for (const { feed } of this.#entries.values()) feed.forget();
  }

  #leastViewed(): Entry | null {
    let least: Entry | null = null;
    for (const entry of this.#entries.values()) {
      if (least === null || entry.viewers.size < least.viewers.size) least = entry;
    }
    return least;
  }

  /** Opens a feed on a thread that has none. Never rejects: viewers are relayed one by one then. */
  async #open(): Promise<void> {
    const { threads, hasRoom } = this.#options;
    const all = Array.from({ length: threads.threadCount }, (_, thread) => thread);
    const thread = all.find((one) => !this.#entries.has(one));
    if (thread === undefined || performance.now() < this.#retryAt) return;
    if (hasRoom() && (await this.#openOn(thread).catch(() => false))) return;
    this.#retryAt = performance.now() + RETRY_MS;
    setTimeout(() => this.#tellIfEmpty(), RETRY_MS).unref();
  }

  async #openOn(thread: number): Promise<boolean> {
    const { threads, dial, ring } = this.#options;
    const { giveBack, ...opened } = await dial(AbortSignal.timeout(DIAL_MS));
    const feed = threads.openFeed(thread, { ...opened, ring: ring() });
    if (feed === null) {
      opened.child.destroy();
      giveBack();
      return false;
    }
    const entry: Entry = { feed, thread, viewers: new Set(), timer: null };
    this.#entries.set(thread, entry);
    this.#linger(entry);
    void feed.ended.then(() => {
      giveBack();
      this.#over(entry);
    });
    return true;
  }

  #opened(): void {
    this.#opening = null;
    this.#tellIfEmpty();
  }

  #left(entry: Entry, viewer: Viewer): void {
    entry.viewers.delete(viewer);
    this.#options.onLeft(viewer.skipped);
    if (entry.viewers.size === 0) this.#linger(entry);
  }

  #linger(entry: Entry): void {
    entry.timer ??= setTimeout(() => entry.feed.destroy(), LINGER_MS).unref();
  }

  #over(entry: Entry): void {
    clearTimeout(entry.timer ?? undefined);
    this.#entries.delete(entry.thread);
    this.#tellIfEmpty();
  }

  #tellIfEmpty(): void {
    const isTrying = this.#opening !== null || performance.now() < this.#retryAt;
    if (this.#entries.size === 0 && !isTrying) this.#options.onEmpty();
  }
}
