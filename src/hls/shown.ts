import { advance, type Continuity } from '../protocol/hls/continuity.js';
import type { MediaPlaylist } from '../protocol/hls/playlist.js';
import type { StreamKey } from '../stream-key.js';

interface Entry {
  readonly state: Continuity;
  /** Last confirming writer and its text: most polls bring nothing new. */
  readonly from: string;
  readonly text: string;
  readonly at: number;
}

export interface ShownOptions {
  readonly windowSeconds: () => number;
  /** Milliseconds of a monotonic clock. */
  readonly now: () => number;
}

/** Most streams remembered; each takes about as much memory as its playlist. */
const MAX_STREAMS = 10_000;
/** Milliseconds for which a stream without viewers is remembered. */
const KEPT_MS = 600_000;

/** The last shown playlist of each stream: one entry per stream, none per viewer. */
export class Shown {
  readonly #entries = new Map<StreamKey, Entry>();
  readonly #options: ShownOptions;

  constructor(options: ShownOptions) {
    this.#options = options;
  }

  /** Returns the writer of the last shown segments; null for an unknown stream. */
  writer(stream: StreamKey): string | null {
    return this.#entries.get(stream)?.state.writer ?? null;
  }

  /** Reports whether this text of this writer was merged already, and if so renews the entry. */
  confirm(stream: StreamKey, writer: string, text: string): boolean {
    const entry = this.#entries.get(stream);
    if (entry?.text !== text || entry.from !== writer) return false;
    this.#keep(stream, { ...entry, at: this.#options.now() });
    return true;
  }

  /** Merges a writer's playlist. */
  take(stream: StreamKey, writer: string, list: MediaPlaylist, text: string): void {
    const { windowSeconds, now } = this.#options;
    const before = this.#entries.get(stream)?.state ?? null;
    const state = advance(before, list, writer, windowSeconds());
    this.#keep(stream, { state, from: writer, text, at: now() });
  }

  /** Returns the shown playlist if a child confirmed it within `withinMs`; else null. */
  list(stream: StreamKey, withinMs = Infinity): MediaPlaylist | null {
    const entry = this.#entries.get(stream);
    if (entry === undefined || this.#options.now() - entry.at > withinMs) return null;
    return entry.state.shown;
  }

  // Entries are ordered by age: a renewed one moves to the end.
  #keep(stream: StreamKey, entry: Entry): void {
    this.#entries.delete(stream);
    this.#entries.set(stream, entry);
    for (const [key, { at }] of this.#entries) {
      if (this.#entries.size <= MAX_STREAMS && entry.at - at <= KEPT_MS) return;
      this.#entries.delete(key);
    }
  }
}
