/**
 * Why a child is out, the strongest reason first. `hung`: it is killed and not back yet.
 * `crashing`: it stays out because it crashed again and again. `ejected`: it serves, and gets no
 * new streams for a while.
 */
const KINDS = ['hung', 'crashing', 'ejected'] as const;
export type OutKind = (typeof KINDS)[number];

/**
 * Children that are out: at most a share of all. A single child hangs for its own reason and is
 * back within a second. If many seem to hang, they share a cause (a disk, the kernel, an error in
 * our judgement) that a restart does not mend. With the default of a quarter, each other child
 * carries a third more, which a machine at 70 % of its CPUs can. (Envoy ejects 10 % at most, but
 * judges by answers alone and ejects for half a minute.)
 *
 * A reason counts the children that are out for itself or a stronger one, so that weak reasons
 * never keep a hung child from being replaced.
 */
export class GivenUp {
  readonly #out = new Map<string, OutKind>();
  readonly #children: () => number;
  #percent: number;

  /** `children`: returns the number of all children; at least one may be out. */
  constructor(children: () => number, percent: number) {
    this.#children = children;
    this.#percent = percent;
  }

  /** Sets another share; children that are out stay so. */
  renew(percent: number): void {
    this.#percent = percent;
  }

  /** Adds a child; false if there is no room. */
  add(id: string, kind: OutKind = 'hung'): boolean {
    const known = this.#out.get(id);
    if (known !== undefined && rank(known) <= rank(kind)) return true;
    const others = Array.from(this.#out).filter(([other]) => other !== id);
    const counted = others.filter(([, otherKind]) => rank(otherKind) <= rank(kind));
    if (counted.length >= this.#most) return false;
    this.#out.set(id, kind);
    return true;
  }

  /** Removes a child that is back; if a kind is named, only one that is out for that. */
  delete(id: string, kind?: OutKind): void {
    if (kind === undefined || this.#out.get(id) === kind) this.#out.delete(id);
  }

  /** True: more are out than may be, since stronger reasons do not count weaker ones. */
  get isOverfull(): boolean {
    return this.#out.size > this.#most;
  }

  get #most(): number {
    return Math.max(1, Math.floor((this.#children() * this.#percent) / 100));
  }
}

function rank(kind: OutKind): number {
  return KINDS.indexOf(kind);
}
