/**
 * Children given up as hung and not back yet: at most a share of all. A single child hangs for its
 * own reason and is back within a second. If many seem to hang, they share a cause (a disk, the
 * kernel, an error in our judgement) that a restart does not mend. With the default of a quarter,
 * each other child carries a third more, which a machine at 70 % of its CPUs can. (Envoy ejects 10
 * % at most, but judges by answers alone and ejects for half a minute.)
 */
export class GivenUp {
  readonly #ids = new Set<string>();
  readonly #children: () => number;
  readonly #percent: number;

  /** `children`: returns the number of all children; at least one may be given up. */
  constructor(children: () => number, percent: number) {
    this.#children = children;
    this.#percent = percent;
  }

  /** Adds a child; false if there is no room. */
  add(id: string): boolean {
    const most = Math.max(1, Math.floor((this.#children() * this.#percent) / 100));
    if (this.#ids.size >= most && !this.#ids.has(id)) return false;
    this.#ids.add(id);
    return true;
  }

  /** Removes a child that is back. */
  delete(id: string): void {
    this.#ids.delete(id);
  }
}
