/** Entry of a client among the pending ones. */
export interface PendingEntry {
  readonly since: number;
  readonly shed: () => void;
  older: PendingEntry | null;
  younger: PendingEntry | null;
}

/**
 * Pending clients of one thread, oldest first; they are closed first if room is needed. A linked
 * list, because thousands may come and go each second.
 */
export class PendingClients {
  #oldest: PendingEntry | null = null;
  #youngest: PendingEntry | null = null;
  readonly #onOldest: (since: number | null) => void;

  /**
   * `onOldest` is called with the time since which the oldest client waits, in the unit of `add`;
   * null: there is none.
   */
  constructor(onOldest: (since: number | null) => void) {
    this.#onOldest = onOldest;
  }

  /** Adds a client; `shed` has to close it and to remove it. */
  add(since: number, shed: () => void): PendingEntry {
    const client = { since, shed, older: this.#youngest, younger: null };
    if (this.#youngest === null) this.#begin(client);
    else this.#youngest.younger = client;
    this.#youngest = client;
    return client;
  }

  /** To be called once per entry. */
  remove({ older, younger }: PendingEntry): void {
    if (younger === null) this.#youngest = older;
    else younger.older = older;
    if (older === null) this.#begin(younger);
    else older.younger = younger;
  }

  /** Closes the oldest client; false if there is none. */
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
