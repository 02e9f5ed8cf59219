/** Counts observations by the least bound that holds them. */
export class Histogram {
  readonly bounds: readonly number[];
  /** Observations by bucket, and their sum. */
  readonly #memory: Float64Array;

  /**
   * `bounds`: upper bounds, ascending. `memory`: that of another thread's histogram of the same
   * bounds, of `sizeFor` numbers; one thread alone observes.
   */
  constructor(bounds: readonly number[], memory?: Float64Array) {
    this.bounds = bounds;
    this.#memory = memory ?? new Float64Array(Histogram.sizeFor(bounds));
  }

  static sizeFor(bounds: readonly number[]): number {
    return bounds.length + 2;
  }

  observe(value: number): void {
    const { length } = this.bounds;
    let index = 0;
    while (index < length && value > (this.bounds[index] ?? Infinity)) index += 1;
    this.#add(index, 1);
    this.#add(length + 1, value);
  }

  /** Observations by bucket; the last bucket has those above all bounds. */
  get counts(): readonly number[] {
    return Array.from(this.#memory.subarray(0, this.bounds.length + 1));
  }

  get sum(): number {
    return this.#memory[this.bounds.length + 1] ?? 0;
  }

  #add(index: number, value: number): void {
    this.#memory[index] = (this.#memory[index] ?? 0) + value;
  }
}
