import type { Claim, Registry } from '../registry/registry.js';
import type { StreamKey } from '../stream-key.js';

export interface ElsewhereOptions {
  readonly registry: Registry;
  /** Reports whether another box is alive; null: there are no other boxes. */
  readonly isBoxAlive: ((box: string) => boolean) | null;
  /** Milliseconds since 1970. */
  readonly now: () => number;
}

interface Entry {
  /** Null: no living box publishes it. */
  readonly claim: Claim | null;
  readonly at: number;
}

/** Milliseconds for which a claim is cached; a box that lost the stream answers `gone`. */
const KNOWN_MS = 1500;
/** Milliseconds for which a missing claim is cached; short, because players wait for a change. */
const UNKNOWN_MS = 400;
/** Most streams cached; the oldest are evicted. */
const MAX = 10_000;

/**
 * Cache of the streams published on other boxes, so that many clients of one stream cost the
 * registry one query.
 */
export class Elsewhere {
  readonly #options: ElsewhereOptions;
  /** Ordered by the time of the answer. */
  readonly #entries = new Map<StreamKey, Entry>();
  readonly #asking = new Map<StreamKey, Promise<Claim | null>>();

  constructor(options: ElsewhereOptions) {
    this.#options = options;
  }

  /** Returns the claim of a living box that publishes the stream. @throws ERR_REGISTRY */
  async find(stream: StreamKey): Promise<Claim | null> {
    if (this.#options.isBoxAlive === null) return null;
    const known = this.#fresh(stream);
    return known === undefined ? this.#ask(stream) : known.claim;
  }

  /** Returns the cached result of `find`, or null. */
  known(stream: StreamKey): Claim | null {
    return this.#fresh(stream)?.claim ?? null;
  }

  /** Like `find`, but false while the registry does not answer. */
  async has(stream: StreamKey): Promise<boolean> {
    return (await this.find(stream).catch(() => null)) !== null;
  }

  /** Caches an answer of the registry. */
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
