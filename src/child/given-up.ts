/**
 * Children that were given up as hung and are not back yet: never more than a share of all, whatever
 * probes and /proc say. One child hangs for a reason of its own and is back within a second. When many
 * seem to hang at one time, the cause is one that they share (a disk, the kernel, an error in our own
 * judgement), which a restart does not mend. The default is a quarter: the others then carry a third more
 * each, which a box can that runs at 70 % of its CPUs. (Envoy's outlier detection ejects 10 % at most; it
 * has nothing but answers to judge by, and its hosts stay out for half a minute.)
 */
export class GivenUp {
  readonly #ids = new Set<string>();
  readonly #most: number;

  /** Of so many children; at least one may be given up. */
  constructor(children: number, percent: number) {
    this.#most = Math.max(1, Math.floor((children * percent) / 100));
  }

  /** Counts a child in; false where there is no room. */
  add(id: string): boolean {
    if (this.#ids.size >= this.#most && !this.#ids.has(id)) return false;
    this.#ids.add(id);
    return true;
  }

  /** It is back. */
  delete(id: string): void {
    this.#ids.delete(id);
  }
}
