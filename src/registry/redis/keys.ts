/**
 * Names of the keys. All share one hash tag, so that a script may use several of them on a Redis
 * Cluster; the map of a few boxes fits one node.
 */
export class Keys {
  readonly #prefix: string;

  constructor(prefix: string) {
    this.#prefix = `{${prefix}}:`;
  }

  /** String: JSON of a claim, which expires with its lease. */
  claim(stream: string): string {
    return `${this.#prefix}claim:${stream}`;
  }

  /** Set of the streams that one child of a box has claimed. */
  held(box: string, child: string): string {
    return `${this.#prefix}held:${box}:${child}`;
  }

  /** Hash, box id -> JSON of its record. */
  get boxes(): string {
    return `${this.#prefix}boxes`;
  }

  /** Prefix of `claim` before the stream. */
  get claims(): string {
    return this.claim('');
  }
}
