import { type ChildRef, isSameLife } from '../child/types.js';
import { codeOf, messageOf } from '../errors.js';
import { type Logger, silentLogger } from '../logger.js';
import type { StreamKey } from '../stream-key.js';
import { liveStreams } from './live-streams.js';
import type { OriginStatus, Origins } from './origins.js';

export interface WatchOptions {
  readonly origins: Origins;
  /** Placement's side of what is published where. */
  readonly claims: {
    /** False where another one has it. */
    published(stream: StreamKey, owner: ChildRef): Promise<boolean>;
    /** Players may come. */
    announce(stream: StreamKey, owner: ChildRef): void;
    unpublished(stream: StreamKey, owner: ChildRef): void;
  };
  /** What origins' HTTP APIs ask for, or null. */
  readonly authorization: string | null;
  readonly logger?: Logger;
}

/** What is known of one life of an origin. */
interface Watched {
  readonly owner: ChildRef;
  /** Published in it, and placement says so too. */
  readonly live: Set<StreamKey>;
  /** On performance.now()'s clock. */
  due: number;
  hurriedUntil: number;
  isAsked: boolean;
}

const TICK_MS = 100;
const EVERY_MS = 2000;
/** A publisher has just been sent to it: players may wait for that very stream. */
const HURRY_MS = 5000;

/**
 * Which streams the origins have. Their hooks do not come to us, so they are asked by their HTTP
 * API; one without an API is taken at its publishers' word.
 */
export class Watch {
  readonly #options: WatchOptions;
  readonly #logger: Logger;
  readonly #watched = new Map<string, Watched>();
  #timer: NodeJS.Timeout | null = null;

  constructor(options: WatchOptions) {
    this.#options = options;
    this.#logger = options.logger ?? silentLogger;
    options.origins.on('down', ({ id }) => this.#watched.delete(id));
  }

  async start(): Promise<void> {
    this.#timer ??= setInterval(() => this.#tick(), TICK_MS).unref();
  }

  async close(): Promise<void> {
    clearInterval(this.#timer ?? undefined);
    this.#timer = null;
    this.#watched.clear();
  }

  /** A publisher is sent there: soon there will be a stream. */
  publisherComes(stream: StreamKey, owner: ChildRef): void {
    const status = this.#options.origins.status(owner.id);
    if (status === null) return;
    if (status.ports.api === 0) void this.#claim(stream, this.#of(status));
    else this.#of(status).hurriedUntil = performance.now() + HURRY_MS;
  }

  /** The publisher has left: where nobody can be asked, that is the end of the stream. */
  publisherLeft(stream: StreamKey, owner: ChildRef): void {
    const status = this.#options.origins.status(owner.id);
    if (status === null) return;
    const watched = this.#of(status);
    if (status.ports.api === 0) this.#drop(stream, watched);
    else watched.due = 0;
  }

  /** A client could not connect to it. */
  suspect(owner: ChildRef): void {
    void this.#options.origins.suspect(owner);
  }

  #tick(): void {
    const now = performance.now();
    for (const status of this.#options.origins.statuses()) {
      if (status.state !== 'ready' || status.ports.api === 0) continue;
      const watched = this.#of(status);
      const isDue = watched.due <= now || watched.hurriedUntil > now;
      if (isDue && !watched.isAsked) void this.#ask(status, watched);
    }
  }

  #of({ id, generation }: OriginStatus): Watched {
    const owner = { id, generation };
    const known = this.#watched.get(id);
    if (known !== undefined && isSameLife(known.owner, owner)) return known;
    const fresh = { owner, live: new Set<string>(), due: 0, hurriedUntil: 0, isAsked: false };
    this.#watched.set(id, fresh);
    return fresh;
  }

  /** Never rejects: who does not answer is suspected, and asked again. */
  async #ask({ host, ports }: OriginStatus, watched: Watched): Promise<void> {
    const { authorization } = this.#options;
    watched.isAsked = true;
    try {
      const live = await liveStreams({ host, port: ports.api, authorization });
      if (this.#isCurrent(watched)) await this.#compare(live, watched);
    } catch (error) {
      const { owner } = watched;
      const reason = messageOf(error);
      this.#logger.debug({ origin: owner.id, reason, code: codeOf(error) }, 'no word of streams');
      await this.#options.origins.suspect(owner);
    } finally {
      watched.isAsked = false;
      watched.due = performance.now() + EVERY_MS;
    }
  }

  async #compare(live: ReadonlySet<StreamKey>, watched: Watched): Promise<void> {
    for (const stream of watched.live) if (!live.has(stream)) this.#drop(stream, watched);
    for (const stream of live) if (!watched.live.has(stream)) await this.#claim(stream, watched);
  }

  async #claim(stream: StreamKey, watched: Watched): Promise<void> {
    const { owner, live } = watched;
    try {
      const isOurs = await this.#options.claims.published(stream, owner);
      if (!isOurs) this.#logger.debug({ stream, origin: owner.id }, 'published in two places');
      if (!isOurs || !this.#isCurrent(watched)) return;
      live.add(stream);
      this.#options.claims.announce(stream, owner);
    } catch (error) {
      this.#logger.debug({ stream, reason: messageOf(error) }, 'stream not claimed yet');
    }
  }

  #drop(stream: StreamKey, { owner, live }: Watched): void {
    if (live.delete(stream)) this.#options.claims.unpublished(stream, owner);
  }

  #isCurrent(watched: Watched): boolean {
    return this.#watched.get(watched.owner.id) === watched;
  }
}
