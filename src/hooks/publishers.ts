import { setTimeout as delay } from 'node:timers/promises';
import { messageOf } from '../errors.js';
import { type Logger, silentLogger } from '../logging/logger.js';
import { isGoneWith, isSameLife, type OwnerRef } from '../owner.js';
import type { StreamKey } from '../stream-key.js';

/** The registry's side of what children say of their publishers. */
export interface Claims {
  /** Claims the stream; false where another child has it. */
  published(stream: StreamKey, owner: OwnerRef): Promise<boolean>;
  /** Players may come now. */
  announce(stream: StreamKey, owner: OwnerRef): void;
  unpublished(stream: StreamKey, owner: OwnerRef): void;
}

/** One publisher of a stream in a child. */
export interface Publication {
  readonly stream: StreamKey;
  readonly owner: OwnerRef;
  /** The client's id in the child. */
  readonly clientId: string;
  /** The stream's id in the child's API; '' where it has none. */
  readonly streamId: string;
}

export interface PublishersOptions {
  readonly claims: Claims;
  /** Asks the child itself whether somebody publishes the stream now. */
  readonly isLive: (publication: Publication) => Promise<boolean>;
  readonly logger?: Logger;
  readonly settleMs?: number;
}

interface Entry {
  readonly owner: OwnerRef;
  readonly clients: Set<string>;
}

/** A child that has let a publisher in needs no longer to say so in its API. */
const SETTLE_MS = 1000;
/** Children that are asked at one time when all are. */
const ASKED_AT_ONCE = 16;

/**
 * Who publishes what, by the children's own word. SRS asks `on_publish` before it looks whether the
 * stream is busy, and says nothing when it turns that publisher away after all: so where one leaves
 * and others seem to remain, the child is asked.
 */
export class Publishers {
  readonly #options: PublishersOptions;
  readonly #logger: Logger;
  readonly #entries = new Map<StreamKey, Entry>();
  readonly #doubts = new Map<StreamKey, NodeJS.Timeout>();

  constructor(options: PublishersOptions) {
    this.#options = options;
    this.#logger = options.logger ?? silentLogger;
  }

  /** False where another child has the stream. @throws ERR_REGISTRY */
  async begin({ stream, owner, clientId }: Publication): Promise<boolean> {
    if (!(await this.#options.claims.published(stream, owner))) return false;
    const entry = this.#entryOf(stream, owner) ?? { owner, clients: new Set() };
    this.#entries.set(stream, entry);
    entry.clients.add(clientId);
    return true;
  }

  /** The publisher has been let in. */
  admit({ stream, owner }: Publication): void {
    this.#options.claims.announce(stream, owner);
  }

  /** The publisher has left, or was not let in. */
  end(publication: Publication): void {
    const { stream, owner, clientId } = publication;
    const entry = this.#entryOf(stream, owner);
    if (entry === undefined) return;
    entry.clients.delete(clientId);
    if (entry.clients.size === 0) this.#forget(stream, entry);
    else this.#doubt(publication, entry);
  }

  /** All that a dead child published is over. Its claims are not ours to give up. */
  childDown(gone: OwnerRef): void {
    for (const [stream, { owner }] of this.#entries) {
      if (isGoneWith(owner, gone)) this.#entries.delete(stream);
    }
  }

  /**
   * Asks the children what is published in them, and ends what is not: their hooks may be lost. Never
   * rejects.
   */
  async recheck(liveIn: (owner: OwnerRef) => Promise<ReadonlySet<StreamKey>>): Promise<void> {
    // Those who come after this are none of it.
    const known = Array.from(this.#entries, ([stream, entry]) => {
      return { stream, entry, clients: [...entry.clients] };
    });
    const owners = new Map(known.map(({ entry: { owner } }) => [lifeText(owner), owner])).values();
    await delay(this.#options.settleMs ?? SETTLE_MS);
    const askOneByOne = async () => {
      for (const owner of owners) {
        const live = await liveIn(owner).catch((error: unknown) => this.#unsaid(owner, error));
        const gone = known.filter(
          ({ stream, entry }) => isSameLife(entry.owner, owner) && !live?.has(stream),
        );
        for (const { stream, entry, clients } of live ? gone : [])
          this.#drop(stream, entry, clients);
      }
    };
    await Promise.all(Array.from({ length: ASKED_AT_ONCE }, askOneByOne));
  }

  close(): void {
    for (const timer of this.#doubts.values()) clearTimeout(timer);
    this.#doubts.clear();
  }

  #entryOf(stream: StreamKey, owner: OwnerRef): Entry | undefined {
    const entry = this.#entries.get(stream);
    const same = entry?.owner.id === owner.id && entry.owner.generation === owner.generation;
    return same ? entry : undefined;
  }

  #forget(stream: StreamKey, entry: Entry): void {
    this.#entries.delete(stream);
    this.#options.claims.unpublished(stream, entry.owner);
  }

  #doubt(publication: Publication, entry: Entry): void {
    const { stream } = publication;
    const others = [...entry.clients];
    const ask = async () => {
      this.#doubts.delete(stream);
      if (await this.#options.isLive(publication)) return;
      this.#drop(stream, entry, others);
    };
    const report = (error: unknown) => this.#unsaid(entry.owner, error, stream);
    clearTimeout(this.#doubts.get(stream));
    const timer = setTimeout(() => ask().catch(report), this.#options.settleMs ?? SETTLE_MS);
    this.#doubts.set(stream, timer.unref());
  }

  /** Those publishers are no more. */
  #drop(stream: StreamKey, entry: Entry, clients: readonly string[]): void {
    for (const client of clients) entry.clients.delete(client);
    if (entry.clients.size === 0 && this.#entries.get(stream) === entry)
      this.#forget(stream, entry);
  }

  #unsaid({ id: child }: OwnerRef, error: unknown, stream?: StreamKey): null {
    this.#logger.warn(
      { stream, child, reason: messageOf(error) },
      'child does not say who publishes the stream: it stays as it is until its next hook',
    );
    return null;
  }
}

function lifeText({ id, generation }: OwnerRef): string {
  return `${id} ${generation}`;
}
