import type { Claim, Registry } from '../registry/registry.js';
import type { StreamKey } from '../stream-key.js';

export interface ElsewhereOptions {
  readonly registry: Registry;
  /** Whether another box is alive; null: there are none. */
  readonly isBoxAlive: ((box: string) => boolean) | null;
  /** Milliseconds since 1970. */
  readonly now: () => number;
}

interface Entry {
  /** Null: no living box publishes it. */
  readonly claim: Claim | null;
  readonly at: number;
}

/** How long a claim is believed; a box that has it no more says so itself. */
const KNOWN_MS = 1500;
/** How long it is believed that nobody has it: players wait for the answer to change. */
const UNKNOWN_MS = 400;
/** Streams that are remembered; the oldest go first. */
const MAX = 10_000;

/**
 * What is published on other boxes, as the registry said a moment ago: who asks for the same stream
 * meanwhile costs the store nothing.
 */
export class Elsewhere {
  readonly #options: ElsewhereOptions;
  /** In the order of their answers. */
  readonly #entries = new Map<StreamKey, Entry>();
  readonly #asking = new Map<StreamKey, Promise<Claim | null>>();

  constructor(options: ElsewhereOptions) {
    this.#options = options;
  }

  /** The claim of a living box that publishes the stream. @throws ERR_REGISTRY */
  async find(stream: StreamKey): Promise<Claim | null> {
    if (this.#options.isBoxAlive === null) return null;
    const known = this.#fresh(stream);
    return known === undefined ? this.#ask(stream) : known.claim;
  }

  /** What `find` would answer, as far as it is known already. */
  known(stream: StreamKey): Claim | null {
    return this.#fresh(stream)?.claim ?? null;
  }

  /** False, too, while the registry does not answer. */
  async has(stream: StreamKey): Promise<boolean> {
    return (await this.find(stream).catch(() => null)) !== null;
  }

  /** The registry has just said so. */
  note(stream: StreamKey, claim: Claim | null): Claim | null {
    const box = claim?.live ? claim.owner.box : undefined;
    const living = box !== undefined && this.#options.isBoxAlive?.(box) ? claim : null;
    this.#entries.delete(stream);
    this.#entries.set(stream, { claim: living, at: this.#options.now() });
    this.#trim();
    return living;
  }

  forget(stream: StreamKey): void {
    this.#entries.delete(stream);
  }

  #ask(stream: StreamKey): Promise<Claim | null> {
    const under = this.#asking.get(stream);
    if (under !== undefined) return under;
    const asking = this.#options.registry
      .find(stream)
      .then((claim) => this.note(stream, claim))
      .finally(() => this.#asking.delete(stream));
    this.#asking.set(stream, asking);
    return asking;
  }

  #fresh(stream: StreamKey): Entry | undefined {
    const entry = this.#entries.get(stream);
    if (entry === undefined) return undefined;
    const age = this.#options.now() - entry.at;
    const box = entry.claim?.owner.box;
    if (box !== undefined && !this.#options.isBoxAlive?.(box)) return undefined;
    return age < (entry.claim === null ? UNKNOWN_MS : KNOWN_MS) ? entry : undefined;
  }

  #trim(): void {
    const oldest = this.#options.now() - KNOWN_MS;
    for (const [stream, { at }] of this.#entries) {
      if (this.#entries.size <= MAX && at > oldest) return;
      this.#entries.delete(stream);
    }
  }
}
