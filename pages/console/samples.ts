import type { BoxSamples } from '../../src/console/answer.js';

/** Samples of an hour, one in five seconds. */
const MOST = 720;

/** The samples of the box that the page has had: each answer brings the new ones. */
export class Samples {
  #last = 0;
  #at: number[] = [];
  readonly #of = new Map<string, number[]>();

  /** Number of the newest one. */
  get last(): number {
    return this.#last;
  }

  /** Milliseconds since 1970 of each sample. */
  get at(): readonly number[] {
    return this.#at;
  }

  of(name: string): readonly number[] {
    return this.#of.get(name) ?? [];
  }

  clear(): void {
    this.#last = 0;
    this.#at = [];
    this.#of.clear();
  }

  /** Returns whether there were new ones. */
  add({ last, at, of }: BoxSamples): boolean {
    this.#last = last;
    if (at.length === 0) return false;
    this.#at = [...this.#at, ...at].slice(-MOST);
    for (const [name, figures] of Object.entries(of)) {
      this.#of.set(name, [...this.of(name), ...figures].slice(-MOST));
    }
    return true;
  }
}
