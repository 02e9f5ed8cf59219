/**
 * The room `history/`: figures of the last hour, for charts.
 * May import: system.
 */

import { everySeconds } from '../system/every-seconds.js';
import { type Series, SeriesPool } from './series-pool.js';
import { type Samples, Track } from './track.js';

/** Figures of the whole box: bits per second, percent of a core, milliseconds. */
const NAMES = ['clients', 'streams', 'in', 'out', 'cpu', 'cpuMost', 'own', 'lag'] as const;
export type BoxFigure = (typeof NAMES)[number];
export type BoxSample = Readonly<Record<BoxFigure, number>>;

/** Figures of a child (CPU in percent, bits per second) or a stream (bits per second, clients). */
type ThingSample = readonly [key: string, a: number, b: number];

export interface HistorySource {
  readonly box: () => BoxSample;
  readonly children: () => readonly ThingSample[];
  readonly streams: () => Promise<readonly ThingSample[]>;
}

/** Seconds between two samples of the box, and of children and streams. */
const BOX_SECONDS = 5;
export const THING_SECONDS = 20;
const HOUR_SECONDS = 3600;
/** Most children and streams that are kept. */
const MOST_CHILDREN = 1000;
const MOST_STREAMS = 10_000;
/** A look at the streams takes at most one part in so many of the time. */
const SHARE = 500;

/**
 * Figures of the box, its children and its streams in the last hour. It needs memory for what is
 * there: nothing for a box without streams, and 15 MB for 10,000 of them.
 */
export class History {
  readonly #source: HistorySource;
  readonly #box = new Track<BoxFigure>(NAMES, HOUR_SECONDS / BOX_SECONDS);
  readonly #children = new SeriesPool(MOST_CHILDREN, HOUR_SECONDS / THING_SECONDS);
  readonly #streams = new SeriesPool(MOST_STREAMS, HOUR_SECONDS / THING_SECONDS);
  #stops: (() => void)[] = [];
  #looking: Promise<void> | null = null;
  /** Ticks in which streams are taken to be as before, because a look at them took long. */
  #rest = 0;

  constructor(source: HistorySource) {
    this.#source = source;
  }

  async start(): Promise<void> {
    this.#stops = [
      everySeconds(BOX_SECONDS, () => this.addBox(Date.now(), this.#source.box())),
      everySeconds(THING_SECONDS, () => void this.lookAtThings()),
    ];
  }

  async close(): Promise<void> {
    for (const stop of this.#stops) stop();
    await this.#looking;
  }

  /** Adds a sample of the box; `at` in milliseconds since 1970. */
  addBox(at: number, sample: BoxSample): void {
    this.#box.add(at, sample);
  }

  /** Samples the children and streams now. Runs by timer. */
  lookAtThings(): Promise<void> {
    this.#looking ??= this.#look().finally(() => {
      this.#looking = null;
    });
    return this.#looking;
  }

  /** Samples of the box after that number; 0: all. */
  box(after: number): Samples<BoxFigure> {
    return this.#box.after(after);
  }

  /** A child's CPU (a) and bitrate (b); null: it is not known. */
  child(id: string, most?: number): Series | null {
    return this.#children.of(id, most);
  }

  /** The bitrate of a stream's publisher (a) and its clients (b); null: it is not known. */
  stream(key: string, most?: number): Series | null {
    return this.#streams.of(key, most);
  }

  async #look(): Promise<void> {
    const { children, streams } = this.#source;
    note(this.#children, children());
    this.#rest -= 1;
    if (this.#rest >= 0) return this.#streams.repeat();
    const began = performance.now();
    note(this.#streams, await streams().catch(() => []));
    const tookMs = performance.now() - began;
    this.#rest = Math.floor((tookMs * SHARE) / (THING_SECONDS * 1000));
  }
}

function note(pool: SeriesPool, samples: readonly ThingSample[]): void {
  pool.next();
  for (const [key, a, b] of samples) pool.note(key, a, b);
}
