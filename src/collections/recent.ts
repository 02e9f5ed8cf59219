/** So many are remembered, and up to twice as many. */
const KEPT = 8192;

/** Those that have gone last, by key: whole maps go, as a long one is slow to find its oldest in. */
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
