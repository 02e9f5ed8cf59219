import type { OwnerRef } from '../owner.js';
import type { FanoutThreads, RingBounds } from '../relay/fanout.js';
import { nameOf, type StreamKey } from '../stream-key.js';
import { type FanoutRow, type OpenFeed, StreamFeeds } from './stream-feeds.js';

export interface FanoutRules {
  readonly isOn: boolean;
  /** The viewer of a stream, counted from 1, from which on they share a connection. */
  readonly from: number;
  readonly ring: RingBounds;
  /** Bytes of all rings from which on no further one is made. */
  readonly memory: number;
}

export interface StreamFanoutOptions {
  readonly threads: FanoutThreads;
  /** Returns the present rules. */
  readonly rules: () => FanoutRules;
  /** Reports whether fan-out serves a vhost's players as a child would. */
  readonly fits: (vhost: string) => boolean;
}

/** The feeds of a stream in one form of its bytes. */
export interface FeedsWanted {
  readonly stream: StreamKey;
  readonly owner: OwnerRef;
  /** Names what viewers of these feeds have in common besides, such as a protocol. */
  readonly form: string;
  readonly dial: (signal: AbortSignal) => Promise<OpenFeed>;
}

/** Bytes of memory that a new ring is reckoned at. */
const NEW_RING = 2 * 1024 * 1024;

/** The feeds of all streams, within the bounds of their memory. */
export class StreamFanout {
  readonly #options: StreamFanoutOptions;
  readonly #feeds = new Map<string, { readonly stream: StreamKey; readonly feeds: StreamFeeds }>();
  /** How often viewers fell behind that have left. */
  #pastSkipped = 0;

  constructor(options: StreamFanoutOptions) {
    this.#options = options;
  }

  /** Reports whether the last one of so many viewers of a stream is to be served by fan-out. */
  wants(stream: StreamKey, viewers: number): boolean {
    const { rules, fits } = this.#options;
    const { isOn, from } = rules();
    return isOn && viewers >= from && fits(nameOf(stream).vhost);
  }

  /** Returns the feeds of a stream, made if there are none. */
  feedsOf({ stream, owner, form, dial }: FeedsWanted): StreamFeeds {
    const { threads, rules } = this.#options;
    const { id, generation, box = '' } = owner;
    const key = `${form} ${box} ${id} ${generation} ${stream}`;
    const known = this.#feeds.get(key);
    if (known !== undefined) return known.feeds;
    const feeds = new StreamFeeds({
      threads,
      dial,
      ring: () => rules().ring,
      hasRoom: () => this.#ringBytes() + NEW_RING <= rules().memory,
      onLeft: (skipped) => {
        this.#pastSkipped += skipped;
      },
      onEmpty: () => this.#feeds.delete(key),
    });
    this.#feeds.set(key, { stream, feeds });
    return feeds;
  }

  /** Notes that nobody publishes a stream: viewers begin at what its next publisher sends. */
  unpublished(stream: StreamKey): void {
    for (const one of this.#feeds.values()) if (one.stream === stream) one.feeds.forget();
  }

  /** Returns figures by stream. */
  rows(): Map<StreamKey, FanoutRow> {
    const rows = new Map<StreamKey, FanoutRow>();
    for (const { stream, feeds } of this.#feeds.values()) {
      rows.set(stream, sum(rows.get(stream), feeds.row()));
    }
    return rows;
  }

  /** Returns the figures of all streams; `skipped` also has viewers that have left. */
  totals(): FanoutRow {
    let all: FanoutRow = { viewers: 0, feeds: 0, skipped: this.#pastSkipped, ringBytes: 0 };
    for (const { feeds } of this.#feeds.values()) all = sum(all, feeds.row());
    return all;
  }

  #ringBytes(): number {
    return this.totals().ringBytes;
  }
}

function sum(a: FanoutRow | undefined, b: FanoutRow): FanoutRow {
  if (a === undefined) return b;
  return {
    viewers: a.viewers + b.viewers,
    feeds: a.feeds + b.feeds,
    skipped: a.skipped + b.skipped,
    ringBytes: a.ringBytes + b.ringBytes,
  };
}
