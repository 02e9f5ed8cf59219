/** Entries kept; up to twice as many. */
const KEPT = 8192;

/**
 * The entries added last, by key. Whole maps are dropped, because finding a long Map's oldest entry
 * is slow.
 */
export class Recent<T> {
  #last = new Map<string, T>();
  #before = new Map<string, T>();

  add(key: string, one: T): void {
    if (this.#last.size >= KEPT) {
      this.#before = this.#last;
      this.#last = new Map();
    }
    this.#last.set(key, one);
  }

  get(key: string): T | undefined {
    return this.#last.get(key) ?? this.#before.get(key);
  }

  delete(key: string): void {
    this.#last.delete(key);
    this.#before.delete(key);
  }
}
