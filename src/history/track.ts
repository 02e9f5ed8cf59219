/** Samples of several figures, each sample with its number and time. */
export interface Samples<K extends string> {
  /** Number of the newest sample; 0: there was none yet. */
  readonly last: number;
  /** Milliseconds since 1970 of each sample, oldest first. */
  readonly at: readonly number[];
  readonly of: Readonly<Record<K, readonly number[]>>;
}

/** The last samples of a fixed set of figures, in a ring of numbers that is allocated once. */
export class Track<K extends string> {
  readonly #names: readonly K[];
  readonly #slots: number;
  readonly #at: Float64Array;
  readonly #values: Float32Array;
  #last = 0;

  constructor(names: readonly K[], slots: number) {
    this.#names = names;
    this.#slots = slots;
    this.#at = new Float64Array(slots);
    this.#values = new Float32Array(slots * names.length);
  }

  /** Adds a sample; `at` in milliseconds since 1970. */
  add(at: number, sample: Readonly<Record<K, number>>): void {
    this.#last += 1;
    const slot = this.#last % this.#slots;
    this.#at[slot] = at;
    for (const [column, name] of this.#names.entries()) {
      this.#values[column * this.#slots + slot] = sample[name];
    }
  }

  /** Returns the kept samples with a higher number, oldest first; 0: all that are kept. */
  after(number: number): Samples<K> {
    const first = Math.max(number, this.#last - this.#slots) + 1;
    const numbers = Array.from(
      { length: Math.max(0, this.#last - first + 1) },
      (_, i) => first + i,
    );
    const slots = numbers.map((one) => one % this.#slots);
    const columns = this.#names.map((name, column) => [
      name,
      slots.map((slot) => tidy(this.#values[column * this.#slots + slot] ?? 0)),
    ]);
    return {
      last: this.#last,
      at: slots.map((slot) => this.#at[slot] ?? 0),
      of: Object.fromEntries(columns),
    };
  }
}

/** Rounds to what a chart can show, so that answers are short. */
export function tidy(value: number): number {
  return Math.abs(value) >= 100 ? Math.round(value) : Math.round(value * 10) / 10;
}
