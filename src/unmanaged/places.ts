import { type Introduction, isLiving, isSamePlace, newEntry, type OriginEntry } from './entry.js';
import { Refused } from './refused.js';
import type { Registration } from './registration.js';

/** Read at each use: a reload may change them. */
export interface PlacesOptions {
  /** Most origins that heartbeats of one sender may name. */
  readonly perAddress: number;
  /** Places reserved for configured origins. */
  readonly reserved: number;
}

/** Most known origins, ended ones included. The ICE ufrag has room for as many. */
export const MAX_ORIGINS = 256;

/** The places of origins by id, limited in total and per sender. */
export class Places {
  readonly #options: PlacesOptions;
  readonly #entries = new Map<string, OriginEntry>();

  constructor(options: PlacesOptions) {
    this.#options = options;
  }

  [Symbol.iterator](): IterableIterator<OriginEntry> {
    return this.#entries.values();
  }

  get(id: string): OriginEntry | undefined {
    return this.#entries.get(id);
  }

  keep(entry: OriginEntry): void {
    this.#entries.set(entry.id, entry);
  }

  /** Returns the place at that address and RTMP port. */
  at(registration: Registration): OriginEntry | undefined {
    return [...this].find((entry) => isSamePlace(entry.registration, registration));
  }

  /** Returns the places whose SRS has or had that server id. */
  ofServer(server: string): OriginEntry[] {
    return [...this].filter(({ registration }) => registration.server === server);
  }

  /**
   * Returns a new place (not stored yet), or that of the origin that ended longest ago. @throws
   * Refused
   */
  free(registration: Registration, introduction: Introduction): OriginEntry {
    if (this.#entries.size < MAX_ORIGINS) {
      const id = `o${String(this.#entries.size + 1).padStart(3, '0')}`;
      return newEntry(id, registration, introduction);
    }
    const gone = [...this].filter((entry) => !isLiving(entry));
    const [oldest] = gone.sort((a, b) => a.at - b.at);
    if (oldest === undefined) throw new Refused(503, `there are ${MAX_ORIGINS} origins already`);
    return oldest;
  }

  /** @throws Refused if the sender may have no more places */
  admit(entry: OriginEntry, sender: string): void {
    const { perAddress, reserved } = this.#options;
    const others = [...this].filter((one) => one !== entry && isLiving(one));
    const strangers = others.filter(({ introduction }) => introduction.sender !== null);
    const theirs = strangers.filter(({ introduction }) => introduction.sender === sender);
    if (theirs.length >= perAddress) {
      throw new Refused(503, `${sender} has ${perAddress} origins already (origins.perAddress)`);
    }
    if (strangers.length >= MAX_ORIGINS - reserved) {
      throw new Refused(503, `there are ${strangers.length} origins already`);
    }
  }
}
