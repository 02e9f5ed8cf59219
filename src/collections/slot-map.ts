/** Keys of one slot are this far apart: as many slots there may be. */
const SLOTS = 2 ** 21;
/** Keys begin again here, while every number is exact still. */
const KEYS = 2 ** 52;

/**
 * Entries that come and go by thousands each second, by keys that a slot map gave. A Map or
 * Set copies itself over and over there, and V8 keeps what an old copy held until the next full
 * collection: once one copy has grown old, each holds the next. Here slots are given again.
 */
export class SlotTable<T> {
  readonly #ones: (T | undefined)[] = [];
  readonly #keys: number[] = [];
  #size = 0;

  get size(): number {
    return this.#size;
  }

  /** An entry that had this slot before is replaced. */
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

  /** Answers whether it was here. */
  delete(key: number): boolean {
    if (this.get(key) === undefined) return false;
    this.#ones[key % SLOTS] = undefined;
    this.#size -= 1;
    return true;
  }

  /** As with a Set, those may leave meanwhile who are here. */
  *[Symbol.iterator](): IterableIterator<T> {
    for (const one of this.#ones) if (one !== undefined) yield one;
  }
}

/** The next key of the same slot. */
export function keyAfter(key: number): number {
  return (key + SLOTS) % KEYS;
}

/** A slot table that gives the keys itself, none of them twice in 2^31 turns of its slot. */
export class SlotMap<T> extends SlotTable<T> {
  /** The next keys of slots that are free again. */
  readonly #free: number[] = [];
  #unused = 0;

  /** Answers the key. */
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
