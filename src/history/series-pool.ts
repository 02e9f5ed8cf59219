import { tidy } from './track.js';

/** Two figures of one thing over time, oldest first; null: it was not there. */
export interface Series {
  readonly a: readonly (number | null)[];
  readonly b: readonly (number | null)[];
}

/** Series of one chunk of memory: a chunk is allocated for so many things at once. */
const PER_CHUNK = 64;

interface Place {
  readonly index: number;
  readonly firstTick: number;
  lastTick: number;
}

/**
 * Two figures of each of many things, such as streams, over the last ticks. Its memory is bounded:
 * 8 bytes per thing and tick, for at most `most` things. Things that have ended are kept until
 * their last tick is too old, or another one needs the place.
 */
export class SeriesPool {
  readonly #most: number;
  readonly #ticks: number;
  readonly #places = new Map<string, Place>();
  #chunks: Float32Array[] = [];
  #free: number[] = [];
  #used = 0;
  /** Things that have ended, the one that ended last at first; null: not looked for. */
  #ended: string[] | null = null;
  #tick = 0;

  /** `most`: things that are kept; `ticks`: figures of each. */
  constructor(most: number, ticks: number) {
    this.#most = most;
    this.#ticks = ticks;
  }

  get size(): number {
    return this.#places.size;
  }

  /** Bytes of the figures. */
  get bytes(): number {
    return this.#chunks.reduce((sum, chunk) => sum + chunk.byteLength, 0);
  }

  /** Begins the next tick, and forgets what ended too long ago. */
  next(): void {
    this.#tick += 1;
    this.#ended = null;
    for (const [key, { lastTick }] of this.#places) {
      if (lastTick <= this.#tick - this.#ticks) this.#drop(key);
    }
    if (this.#places.size > 0) return;
    this.#chunks = [];
    this.#free = [];
    this.#used = 0;
  }

  /** Begins the next tick with the figures of the last one. */
  repeat(): void {
    const last = this.#tick;
    this.next();
    for (const place of this.#places.values()) {
      if (place.lastTick !== last) continue;
      const chunk = this.#chunkOf(place);
      const [a, b] = [0, 1].map((column) => chunk[this.#indexOf(place, last, column)]);
      place.lastTick = this.#tick;
      this.#set(place, this.#tick, a, b);
    }
  }

  /** Notes the figures of a thing in this tick; a new one finds no place where all are in use. */
  note(key: string, a: number, b: number): void {
    const place = this.#places.get(key) ?? this.#add(key);
    if (place === null) return;
    for (let tick = place.lastTick + 1; tick < this.#tick; tick += 1) this.#set(place, tick);
    place.lastTick = this.#tick;
    this.#set(place, this.#tick, a, b);
  }

  /** Returns the last `most` figures of a thing, that of this tick last; null: it is not known. */
  of(key: string, most = this.#ticks): Series | null {
    const place = this.#places.get(key);
    if (place === undefined) return null;
    const count = Math.min(most, this.#ticks, this.#tick - place.firstTick + 1);
    const ticks = Array.from({ length: count }, (_, i) => this.#tick - count + 1 + i);
    const read = (tick: number, column: number) => {
      if (tick > place.lastTick) return null;
      const value = this.#chunkOf(place)[this.#indexOf(place, tick, column)] ?? Number.NaN;
      return Number.isNaN(value) ? null : tidy(value);
    };
    return { a: ticks.map((tick) => read(tick, 0)), b: ticks.map((tick) => read(tick, 1)) };
  }

  #add(key: string): Place | null {
    if (this.#places.size >= this.#most && !this.#dropEnded()) return null;
    const index = this.#free.pop() ?? this.#used++;
    const chunk = Math.floor(index / PER_CHUNK);
    this.#chunks[chunk] ??= new Float32Array(PER_CHUNK * this.#ticks * 2);
    const place = { index, firstTick: this.#tick, lastTick: this.#tick };
    this.#places.set(key, place);
    return place;
  }

  /** Drops the thing that ended first; returns false if none has ended. */
  #dropEnded(): boolean {
    this.#ended ??= [...this.#places]
      .filter(([, { lastTick }]) => lastTick < this.#tick - 1)
      .sort(([, one], [, other]) => other.lastTick - one.lastTick)
      .map(([key]) => key);
    const key = this.#ended.pop();
    if (key === undefined) return false;
    // It may have come back meanwhile.
    if (this.#places.get(key)?.lastTick === this.#tick) return this.#dropEnded();
    this.#drop(key);
    return true;
  }

  #drop(key: string): void {
    const place = this.#places.get(key);
    if (place === undefined) return;
    this.#places.delete(key);
    this.#free.push(place.index);
  }

  #set(place: Place, tick: number, a = Number.NaN, b = Number.NaN): void {
    const chunk = this.#chunkOf(place);
    chunk[this.#indexOf(place, tick, 0)] = a;
    chunk[this.#indexOf(place, tick, 1)] = b;
  }

  #chunkOf({ index }: Place): Float32Array {
    return this.#chunks[Math.floor(index / PER_CHUNK)] ?? new Float32Array(0);
  }

  #indexOf({ index }: Place, tick: number, column: number): number {
    return ((index % PER_CHUNK) * this.#ticks + (tick % this.#ticks)) * 2 + column;
  }
}
