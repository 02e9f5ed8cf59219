import { setTimeout as delay } from 'node:timers/promises';
import { messageOf } from '../errors.js';
import { type Logger, silentLogger } from '../logging/logger.js';
import { isGoneWith, isSameLife, type OwnerRef } from '../owner.js';
import type { StreamKey } from '../stream-key.js';
import type { KeptHooks } from './kept.js';

/** The registry's interface for what children report of publishers. */
export interface Claims {
  /** Claims the stream; false if another child has it. */
  published(stream: StreamKey, owner: OwnerRef): Promise<boolean>;
  /** Wakes the players that wait for the stream. `client`: the publisher's address, if known. */
  announce(stream: StreamKey, owner: OwnerRef, client?: string): void;
  unpublished(stream: StreamKey, owner: OwnerRef): void;
}

/** One publisher of a stream in a child. */
export interface Publication {
  readonly stream: StreamKey;
  readonly owner: OwnerRef;
  /** The client's id in the child. */
  readonly clientId: string;
  /** The stream's id in the child's API; '' if it has none. */
  readonly streamId: string;
}

export interface PublishersOptions {
  readonly claims: Claims;
  /** Asks the child whether the stream is published now. */
  readonly isLive: (publication: Publication) => Promise<boolean>;
  readonly logger?: Logger;
  readonly settleMs?: number;
}

interface Entry {
  readonly owner: OwnerRef;
  readonly clients: Set<string>;
}

/** Milliseconds from a child's acceptance of a publisher until its API must list it. */
const SETTLE_MS = 1000;
/** Children asked concurrently when all are. */
const ASKED_AT_ONCE = 16;

/**
 * Tracks publishers from the children's hooks. SRS calls `on_publish` before it checks whether the
 * stream is busy, and makes no call when it then refuses the publisher. So when one publisher
 * leaves and others seem to remain, the child is asked.
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

  /** Begins a publication; false if another child has the stream. @throws ERR_REGISTRY */
  async begin({ stream, owner, clientId }: Publication): Promise<boolean> {
    if (!(await this.#options.claims.published(stream, owner))) return false;
    const entry = this.#entryOf(stream, owner) ?? { owner, clients: new Set() };
    this.#entries.set(stream, entry);
    entry.clients.add(clientId);
    return true;
  }

  /** Notes that the hooks accepted the publisher, who has this address. */
  admit({ stream, owner }: Publication, client?: string): void {
    this.#options.claims.announce(stream, owner, client);
  }

  /** Notes that the publisher has left or was refused. */
  end(publication: Publication): void {
    const { stream, owner, clientId } = publication;
    const entry = this.#entryOf(stream, owner);
    if (entry === undefined) return;
    entry.clients.delete(clientId);
    if (entry.clients.size === 0) this.#forget(stream, entry);
    else this.#doubt(publication, entry);
  }

  /** Returns the publishers of a stream, those included that a child may have refused. */
  of(stream: StreamKey): Publication[] {
    const { owner, clients } = this.#entries.get(stream) ?? {};
    if (owner === undefined) return [];
    return Array.from(clients ?? [], (clientId) => ({ stream, owner, clientId, streamId: '' }));
  }

  /** Returns what outlives the program. */
  give(): KeptHooks['publishers'] {
    return Array.from(this.#entries, ([stream, { owner, clients }]) => {
      const { id, generation } = owner;
      return { stream, owner: { id, generation }, clients: [...clients] };
    });
  }

  /** Goes on with the publishers that the program before this one gave. */
  adopt(publishers: KeptHooks['publishers']): void {
    for (const { stream, owner, clients } of publishers) {
      this.#entries.set(stream, { owner, clients: new Set(clients) });
    }
  }

  /** Forgets all publishers of a dead child. Placement releases its claims. */
  childDown(gone: OwnerRef): void {
    for (const [stream, { owner }] of this.#entries) {
      if (isGoneWith(owner, gone)) this.#entries.delete(stream);
    }
  }

  /**
   * Asks the children which streams are published and ends all others, because hooks may have been
   * lost. Never rejects.
   */
  async recheck(liveIn: (owner: OwnerRef) => Promise<ReadonlySet<StreamKey>>): Promise<void> {
    // Later publishers are not affected.
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

  /** Removes these publishers. */
  #drop(stream: StreamKey, entry: Entry, clients: readonly string[]): void {
    for (const client of clients) entry.clients.delete(client);
    if (entry.clients.size === 0 && this.#entries.get(stream) === entry)
      this.#forget(stream, entry);
  }

  #unsaid({ id: child }: OwnerRef, error: unknown, stream?: StreamKey): null {
    this.#logger.warn(
      { stream, child, reason: messageOf(error) },
      'child does not report its streams: their state stays until its next hook',
    );
    return null;
  }
}

function lifeText({ id, generation }: OwnerRef): string {
  return `${id} ${generation}`;
}
