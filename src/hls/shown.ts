import { advance, type Continuity } from '../protocol/hls/continuity.js';
import type { MediaPlaylist } from '../protocol/hls/playlist.js';
import type { StreamKey } from '../stream-key.js';

interface Entry {
  readonly state: Continuity;
  /** Who confirmed it last, and by what text: most polls find nothing new. */
  readonly from: string;
  readonly text: string;
  readonly at: number;
}

export interface ShownOptions {
  readonly windowSeconds: number;
  /** Milliseconds of a clock that never goes back. */
  readonly now: () => number;
}

/** Streams that are remembered; each takes about as much as its playlist. */
const MAX_STREAMS = 10_000;
/** How long a stream without viewers is. */
const KEPT_MS = 600_000;

/** What viewers were last shown of each stream: one entry a stream, none a viewer. */
export class Shown {
  readonly #entries = new Map<StreamKey, Entry>();
  readonly #options: ShownOptions;

  constructor(options: ShownOptions) {
    this.#options = options;
  }

  get size(): number {
    return this.#entries.size;
  }

  /** Whose segments were shown last; null for a stream that is not known. */
  writer(stream: StreamKey): string | null {
    return this.#entries.get(stream)?.state.writer ?? null;
  }

  /** Whether this text of this writer has been taken in already; it is then confirmed anew. */
  confirm(stream: StreamKey, writer: string, text: string): boolean {
    const entry = this.#entries.get(stream);
    if (entry?.text !== text || entry.from !== writer) return false;
    this.#keep(stream, { ...entry, at: this.#options.now() });
    return true;
  }

  /** Takes a writer's list in. */
  take(stream: StreamKey, writer: string, list: MediaPlaylist, text: string): void {
    const { windowSeconds, now } = this.#options;
    const before = this.#entries.get(stream)?.state ?? null;
    const state = advance(before, list, writer, windowSeconds);
    this.#keep(stream, { state, from: writer, text, at: now() });
  }

  /** What is shown now, and was confirmed by a child within `withinMs`; else null. */
  list(stream: StreamKey, withinMs = Infinity): MediaPlaylist | null {
    const entry = this.#entries.get(stream);
    if (entry === undefined || this.#options.now() - entry.at > withinMs) return null;
    return entry.state.shown;
  }

  // The oldest come first: whatever is taken in goes to the end.
  #keep(stream: StreamKey, entry: Entry): void {
    this.#entries.delete(stream);
    this.#entries.set(stream, entry);
    for (const [key, { at }] of this.#entries) {
      if (this.#entries.size <= MAX_STREAMS && entry.at - at <= KEPT_MS) return;
      this.#entries.delete(key);
    }
  }
}
