import { type EventEntry, isByClients, type SupervisorEvent } from './event.js';
import type { KeptEvents } from './kept.js';
import { Ring, type RingEntry, type RingLimits } from './ring.js';

/** Entries that fit; those without a filter all do. */
export interface EventFilter {
  readonly stream?: string | undefined;
  readonly child?: string | undefined;
}

/** An entry, and its JSON text without secrets. */
export interface KeptEvent extends RingEntry {
  readonly event: SupervisorEvent;
  readonly json: string;
}

export interface EventLogOptions {
  /** Removes secrets from a text. */
  readonly hide?: ((text: string) => string) | undefined;
  /** Milliseconds since 1970. */
  readonly clock?: () => number;
  /** Limits of each of the two rings. */
  readonly limits?: RingLimits;
}

const LIMITS: RingLimits = { entries: 20_000, bytes: 4 * 1024 * 1024, ageMs: 3_600_000 };
/** Most bytes of events that outlive the program: media stand still while they are written. */
const MOST_KEPT = 2 * 1024 * 1024;
/** Most characters of a text in an event; clients choose some. */
const MOST_CHARACTERS = 512;
/** Most texts of a list in an event. */
const MOST_ITEMS = 32;

/**
 * The events of the last hour. What clients cause has a ring of its own, so that no client can push
 * out what happened to children.
 */
export class EventLog {
  readonly #hide: (text: string) => string;
  readonly #clock: () => number;
  readonly #box: Ring<KeptEvent>;
  readonly #clients: Ring<KeptEvent>;
  readonly #listeners = new Set<() => void>();
  readonly #counts = new Map<string, number>();
  /** Distinguishes the ids of this run from those of others. */
  #run: string;
  #last = 0;
  /** Number of the newest event that the program before this one did not keep; 0: none. */
  #lostBefore = 0;

  constructor({ hide = (text) => text, clock = Date.now, limits = LIMITS }: EventLogOptions = {}) {
    this.#hide = hide;
    this.#clock = clock;
    this.#box = new Ring(limits);
    this.#clients = new Ring(limits);
    this.#run = clock().toString(36);
  }

  /** Removes secrets, and shortens texts and lists; for JSON.stringify. */
  readonly #fit = (name: string, value: unknown): unknown => {
    if (Array.isArray(value)) return value.slice(0, MOST_ITEMS);
    if (typeof value !== 'string' || name === 'type') return value;
    const shown = this.#hide(value);
    return shown.length > MOST_CHARACTERS ? `${shown.slice(0, MOST_CHARACTERS)}…` : shown;
  };

  /** Number of the newest event; 0: there was none yet. */
  get last(): number {
    return this.#last;
  }

  /** Numbers of events by type since the start. */
  get counts(): ReadonlyMap<string, number> {
    return this.#counts;
  }

  /** Adds an event that happens now, and tells the listeners. */
  record(event: SupervisorEvent): void {
    const json = JSON.stringify(event, this.#fit);
    this.#last += 1;
    this.#counts.set(event.type, (this.#counts.get(event.type) ?? 0) + 1);
    this.#add({ number: this.#last, at: this.#clock(), json });
    for (const listener of this.#listeners) listener();
  }

  /** Returns the newest events, which outlive the program. */
  give(): KeptEvents {
    const entries: KeptEvents['entries'] = [];
    let [bytes, { lost }] = [0, this];
    for (const { number, at, json, ...kept } of this.after(0).reverse()) {
      bytes += kept.bytes;
      if (bytes > MOST_KEPT) lost = Math.max(lost, number);
      else entries.push({ number, at, json });
    }
    return { run: this.#run, last: this.#last, lost, entries: entries.reverse() };
  }

  /** Goes on with the events of the program before this one; those of this one come behind them. */
  goOn({ run, last, lost, entries }: KeptEvents): void {
    [this.#run, this.#last, this.#lostBefore] = [run, last, lost];
    for (const entry of entries) this.#add(entry);
  }

  #add({ number, at, json }: KeptEvents['entries'][number]): void {
    const event = JSON.parse(json) as SupervisorEvent;
    const ring = isByClients(event) ? this.#clients : this.#box;
    ring.add({ number, at, bytes: 2 * json.length, event, json });
  }

  /** Calls the listener after each event; returns what ends that. */
  onEvent(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  /** Returns the first `most` events after a number, oldest first. */
  after(number: number, most = Infinity): KeptEvent[] {
    const [box, clients] = [this.#box.after(number, most), this.#clients.after(number, most)];
    const all = [...box, ...clients].sort((a, b) => a.number - b.number);
    return all.slice(0, most);
  }

  /** Number of the newest event that is not kept any more; 0: all are. */
  get lost(): number {
    const now = this.#clock();
    for (const ring of [this.#box, this.#clients]) ring.trim(now);
    return Math.max(this.#lostBefore, this.#box.lost, this.#clients.lost);
  }

  /** Returns the entries that fit, oldest first; if given, only the last ones. */
  list(filter: EventFilter = {}, last = Infinity): EventEntry[] {
    const fitting = this.after(0).filter(({ event }) => fits(event, filter));
    const shown = last < fitting.length ? fitting.slice(fitting.length - last) : fitting;
    return shown.map((kept) => ({ id: this.idOf(kept.number), at: kept.at, event: kept.event }));
  }

  /** Returns the number after which the last so many fitting events come. */
  beforeLast(filter: EventFilter, last: number): number {
    const fitting = this.after(0).filter(({ event }) => fits(event, filter));
    if (last <= 0) return this.#last;
    const first = fitting[Math.max(0, fitting.length - last)];
    return first === undefined ? this.#last : first.number - 1;
  }

  /** Returns the id of an event, which `numberOf` reads. */
  idOf(number: number): string {
    return `${this.#run}-${number}`;
  }

  /** Returns the number behind an id; null for one of another run, or a text that is none. */
  numberOf(id: string): number | null {
    const [, run, digits] = /^([0-9a-z]{1,16})-(\d{1,15})$/.exec(id) ?? [];
    const number = Number(digits);
    return run === this.#run && number <= this.#last ? number : null;
  }
}

/** Returns whether an event is about the child and the stream that a filter names. */
export function fits(event: SupervisorEvent, { stream, child }: EventFilter): boolean {
  return (
    (child === undefined || ('child' in event && event.child === child)) &&
    (stream === undefined || isAbout(event, stream))
  );
}

function isAbout(event: SupervisorEvent, stream: string): boolean {
  if ('stream' in event) return event.stream === stream;
  if (event.type === 'child-down') return event.names.includes(stream);
  return event.type === 'kick' && event.streams.includes(stream);
}
