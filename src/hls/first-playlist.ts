import { setTimeout as delay } from 'node:timers/promises';
import { type StreamKey, type StreamName, streamKey } from '../stream-key.js';

export interface FirstPlaylistOptions {
  /** Tells whether the stream is published now. */
  readonly isPublished: (stream: StreamKey) => Promise<boolean>;
  /** Tells whether streams of that vhost get a playlist at all. */
  readonly makesHls: (vhost: string) => boolean;
  /** Takes one of the places of players that wait, for an address; false where none is free. */
  readonly take: (ip: string) => boolean;
  readonly giveBack: (ip: string) => void;
  /** How long one player may wait. */
  readonly waitMs: number;
}

/** One player that asks for the playlist of a stream. */
export interface EarlyAsk {
  readonly name: StreamName;
  readonly ip: string;
  /** Aborted when the client has left. */
  readonly signal: AbortSignal;
}

/** How often the disk is looked at for a stream, however many players wait for it. */
const LOOK_MS = 250;

/**
 * Players that ask for a stream's playlist before its first segment is complete. They wait for it
 * as FLV players do for a stream, within the same limits, where SRS answers 404 for that long.
 */
export class FirstPlaylist {
  readonly #options: FirstPlaylistOptions;
  readonly #exists: (name: StreamName) => Promise<boolean>;
  readonly #looks = new Map<StreamKey, Look>();

  /** `exists`: whether the stream's child has written a playlist. */
  constructor(options: FirstPlaylistOptions, exists: (name: StreamName) => Promise<boolean>) {
    this.#options = options;
    this.#exists = exists;
  }

  /** Tells whether the playlist is still to come: the stream is published, its vhost has HLS. */
  async isComing(name: StreamName): Promise<boolean> {
    return this.#options.makesHls(name.vhost) && this.#options.isPublished(streamKey(name));
  }

  /** Resolves true with the playlist there; false if time is up, no place is free, or it left. */
  async wait({ name, ip, signal }: EarlyAsk): Promise<boolean> {
    const { take, giveBack, waitMs } = this.#options;
    if (signal.aborted || !take(ip)) return false;
    const done = new AbortController();
    try {
      const either = AbortSignal.any([signal, done.signal]);
      const late = delay(waitMs, false, { signal: either }).catch(() => false);
      return await Promise.race([this.#look(name), late]);
    } finally {
      done.abort();
      giveBack(ip);
    }
  }

  /** All who wait for one stream share a look, which goes on until the last one's time is up. */
  #look(name: StreamName): Promise<boolean> {
    const stream = streamKey(name);
    const until = performance.now() + this.#options.waitMs;
    const begun = this.#looks.get(stream);
    if (begun !== undefined) {
      begun.until = until;
      return begun.found;
    }
    const look: Look = { until, found: Promise.resolve(false) };
    look.found = this.#find(name, look).finally(() => this.#looks.delete(stream));
    this.#looks.set(stream, look);
    return look.found;
  }

  async #find(name: StreamName, look: Look): Promise<boolean> {
    while (performance.now() < look.until) {
      if (await this.#exists(name).catch(() => false)) return true;
      await delay(LOOK_MS, undefined, { ref: false });
    }
    return false;
  }
}

interface Look {
  /** Of `performance.now()`. */
  until: number;
  found: Promise<boolean>;
}
