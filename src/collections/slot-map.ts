/**
 * The room `collections/`: containers that are bounded, or fast where there is much turnover.
 * May import: no other room.
 */

/** Most slots; keys of one slot differ by this. */
const SLOTS = 2 ** 21;
/** Keys wrap here, below the largest exact integer. */
const KEYS = 2 ** 52;

/**
 * Entries with high turnover (thousands per second), by keys of a slot map. A Map or Set would
 * rehash again and again, and V8 keeps the entries of an old table until the next full collection:
 * once one table is promoted, each keeps the next alive. Here slots are reused.
 */
export class SlotTable<T> {
  readonly #ones: (T | undefined)[] = [];
  readonly #keys: number[] = [];
  #size = 0;

  get size(): number {
    return this.#size;
  }

  /** Stores an entry, replacing the slot's previous one. */
  put(key: number, one: T): void {
    const slot = key % SLOTS;
    if (this.#ones[slot] === undefined) this.#size += 1;
    this.#ones[slot] = one;
    this.#keys[slot] = key;
  }

  get(key: number): T | undefined {
    const slot = key % SLOTS;
    return this.#keys[slot] === key ? this.#ones[slot] : undefined;
  }

  /** Returns whether the entry existed. */
  delete(key: number): boolean {
    if (this.get(key) === undefined) return false;
    this.#ones[key % SLOTS] = undefined;
    this.#size -= 1;
    return true;
  }

  /** Iterates; entries may be deleted meanwhile, as with a Set. */
  *[Symbol.iterator](): IterableIterator<T> {
    for (const one of this.#ones) if (one !== undefined) yield one;
  }
}

/** Returns the next key of the same slot. */
export function keyAfter(key: number): number {
  return (key + SLOTS) % KEYS;
}

/** A slot table that assigns keys. A key repeats only after 2^31 uses of its slot. */
export class SlotMap<T> extends SlotTable<T> {
  /** Next keys of free slots. */
  readonly #free: number[] = [];
  #unused = 0;

  /** Adds an entry and returns its key. */
  add(one: T): number {
    const key = this.#free.pop() ?? this.#unused++;
    this.put(key, one);
    return key;
  }

  override delete(key: number): boolean {
    const wasHere = super.delete(key);
    if (wasHere) this.#free.push(keyAfter(key));
    return wasHere;
  }
}
