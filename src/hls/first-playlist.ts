import { setTimeout as delay } from 'node:timers/promises';
import { type StreamKey, type StreamName, streamKey } from '../stream-key.js';

export interface FirstPlaylistOptions {
  /** Most milliseconds that one viewer waits for the first playlist. */
  readonly waitMs: number;
}

/** One viewer of a stream that is published. */
export interface EarlyAsk {
  readonly name: StreamName;
  /** Aborted when the viewer waits no more. */
  readonly signal: AbortSignal;
  /** On performance.now()'s clock. */
  readonly until: number;
}

/** Milliseconds between looks for a stream's playlist, however many viewers wait for it. */
const LOOK_MS = 250;

/** Looks for the first playlists of streams. One look serves all viewers of a stream. */
export class FirstPlaylist {
  readonly #options: FirstPlaylistOptions;
  readonly #exists: (name: StreamName) => Promise<boolean>;
  readonly #looks = new Map<StreamKey, Look>();

  /** `exists` reports whether there may be a playlist, since that of another box is not seen. */
  constructor(options: FirstPlaylistOptions, exists: (name: StreamName) => Promise<boolean>) {
    this.#options = options;
    this.#exists = exists;
  }

  /** Resolves with true when the viewer may ask, with false if time is up or it waits no more. */
  async wait({ name, signal, until }: EarlyAsk): Promise<boolean> {
    const left = until - performance.now();
    if (signal.aborted || left <= 0) return false;
    const done = new AbortController();
    try {
      const either = AbortSignal.any([signal, done.signal]);
      const late = delay(left, false, { signal: either }).catch(() => false);
      return await Promise.race([this.#look(name), late]);
    } finally {
      done.abort();
    }
  }

  /** Joins the stream's look, which goes on until the time of its last viewer is up. */
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
