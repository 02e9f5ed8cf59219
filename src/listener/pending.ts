/** A client's place among those who have not said yet what they want. */
export interface PendingEntry {
  readonly since: number;
  readonly shed: () => void;
  older: PendingEntry | null;
  younger: PendingEntry | null;
}

/**
 * Clients of one thread that have not said yet what they want, the oldest first: where room is needed
 * they go first. A linked list, for thousands may come and go each second.
 */
export class PendingClients {
  #oldest: PendingEntry | null = null;
  #youngest: PendingEntry | null = null;
  readonly #onOldest: (since: number | null) => void;

  /** `onOldest` hears since when the oldest one waits, in the unit of `add`; null: nobody does. */
  constructor(onOldest: (since: number | null) => void) {
    this.#onOldest = onOldest;
  }

  /** `shed` has to close the client, and to take it out. */
  add(since: number, shed: () => void): PendingEntry {
    const client = { since, shed, older: this.#youngest, younger: null };
    if (this.#youngest === null) this.#begin(client);
    else this.#youngest.younger = client;
    this.#youngest = client;
    return client;
  }

  /** Only once for each. */
  remove({ older, younger }: PendingEntry): void {
    if (younger === null) this.#youngest = older;
    else younger.older = older;
    if (older === null) this.#begin(younger);
    else older.younger = younger;
  }

  /** Closes the oldest; false: there is none. */
  shed(): boolean {
    const oldest = this.#oldest;
    oldest?.shed();
    return oldest !== null;
  }

  #begin(oldest: PendingEntry | null): void {
    this.#oldest = oldest;
    this.#onOldest(oldest?.since ?? null);
  }
}
