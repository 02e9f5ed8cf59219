/** The entries of one sender, the oldest at `at`. */
interface Line<T> {
  readonly entries: T[];
  at: number;
}

/** A queue in which senders take turns: one with thousands of entries delays no other. */
export class FairQueue<T> {
  /** Ordered by the senders' turns. */
  readonly #lines = new Map<string, Line<T>>();
  #size = 0;

  /** Number of entries of all senders. */
  get size(): number {
    return this.#size;
  }

  add(sender: string, entry: T): void {
    const line = this.#lines.get(sender);
    if (line === undefined) this.#lines.set(sender, { entries: [entry], at: 0 });
    else line.entries.push(entry);
    this.#size += 1;
  }

  /** Removes and returns the oldest entry of the sender whose turn it is; undefined: none. */
  next(): T | undefined {
    for (const [sender, line] of this.#lines) {
      const entry = line.entries[line.at];
      line.at += 1;
      this.#size -= 1;
      this.#lines.delete(sender);
      if (line.at < line.entries.length) this.#lines.set(sender, line);
      return entry;
    }
    return undefined;
  }
}
