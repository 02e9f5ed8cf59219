/** Keys of one seat are this far apart: as many seats there may be. */
const SEATS = 2 ** 21;
/** Keys begin again here, while every number is exact still. */
const KEYS = 2 ** 52;

/**
 * Those who are here, where thousands come and go each second, by keys that a roster gave. A Map or
 * Set copies itself over and over there, and V8 keeps what an old copy held until the next full
 * collection: once one copy has grown old, each holds the next. Here seats are given again.
 */
export class Seating<T> {
  readonly #ones: (T | undefined)[] = [];
  readonly #keys: number[] = [];
  #size = 0;

  get size(): number {
    return this.#size;
  }

  /** Whoever had that seat before has left it. */
  put(key: number, one: T): void {
    const seat = key % SEATS;
    if (this.#ones[seat] === undefined) this.#size += 1;
    this.#ones[seat] = one;
    this.#keys[seat] = key;
  }

  get(key: number): T | undefined {
    const seat = key % SEATS;
    return this.#keys[seat] === key ? this.#ones[seat] : undefined;
  }

  /** Answers whether it was here. */
  delete(key: number): boolean {
    if (this.get(key) === undefined) return false;
    this.#ones[key % SEATS] = undefined;
    this.#size -= 1;
    return true;
  }

  /** As with a Set, those may leave meanwhile who are here. */
  *[Symbol.iterator](): IterableIterator<T> {
    for (const one of this.#ones) if (one !== undefined) yield one;
  }
}

/** The next key of the same seat. */
export function keyAfter(key: number): number {
  return (key + SEATS) % KEYS;
}

/** A seating that gives the keys itself, none of them twice in 2^31 turns of its seat. */
export class Roster<T> extends Seating<T> {
  /** The next keys of seats that are free again. */
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
