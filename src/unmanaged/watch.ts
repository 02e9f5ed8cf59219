import { AnswerError, OF_ORIGINS } from '../child-access/exchange.js';
import { PollTurns } from '../clock/poll-turns.js';
import { codeOf, isOwnFault, messageOf } from '../errors.js';
import { networkOf } from '../listener/client-address.js';
import { type Logger, silentLogger } from '../logging/logger.js';
import { isSameLife, type OwnerRef } from '../owner.js';
import type { StreamKey } from '../stream-key.js';
import { everySeconds } from '../system/every-seconds.js';
import type { OriginStatus } from './entry.js';
import { apiFault } from './life.js';
import { liveInOrigin } from './live-streams.js';
import type { Origins } from './origins.js';

export interface WatchOptions {
  readonly origins: Origins;
  /** Placement's interface for published streams. */
  readonly claims: {
    /** Returns false if another owner has the stream, or had it within the grace. */
    adopt(stream: StreamKey, owner: OwnerRef): Promise<boolean>;
    /** Wakes the players that wait for the stream. */
    announce(stream: StreamKey, owner: OwnerRef): void;
    unpublished(stream: StreamKey, owner: OwnerRef): void;
  };
  readonly logger?: Logger;
}

/** State of one life of an origin. */
interface Watched {
  readonly owner: OwnerRef;
  /** Streams published in it that placement has accepted. */
  readonly live: Set<StreamKey>;
  /** On performance.now()'s clock. */
  due: number;
  hurriedUntil: number;
  isAsked: boolean;
  hasAnswered: boolean;
  /** Failed polls in a row. */
  failures: number;
}

const TICK_MS = 100;
const EVERY_MS = 2000;
/** Milliseconds of frequent polls after a publisher was sent there: players may wait for it. */
const HURRY_MS = 5000;
/** Longest interval; each failure lengthens it. */
const SLOWEST_MS = 16_000;
/** Failed polls after which an origin gets no new streams. */
const MISSES = 3;

/**
 * Finds out which streams the origins have. Their hooks do not come to us, so their HTTP API is
 * polled; for an origin without an API the publishers' connections count.
 */
export class Watch {
  readonly #options: WatchOptions;
  readonly #logger: Logger;
  readonly #watched = new Map<string, Watched>();
  readonly #turns = new PollTurns();
  #timer: NodeJS.Timeout | null = null;
  #stop = () => {};

  constructor(options: WatchOptions) {
    this.#options = options;
    this.#logger = options.logger ?? silentLogger;
    options.origins.on('down', ({ id }) => this.#watched.delete(id));
  }

  async start(): Promise<void> {
    this.#stop();
    this.#stop = everySeconds(1, () => this.#lookOut());
    this.#lookOut();
  }

  async close(): Promise<void> {
    this.#stop();
    this.#rest();
    this.#watched.clear();
  }

  /** True if the streams of all living origins are known: each has an API that answers. */
  get knowsStreams(): boolean {
    const living = this.#options.origins.statuses().filter(({ pid }) => pid !== null);
    return living.every((status) => {
      const { hasAnswered, failures } = this.#of(status);
      return hasAnswered && failures < MISSES;
    });
  }

  /** Notes a publisher under way to the origin: its stream will appear soon. */
  publisherComes(stream: StreamKey, owner: OwnerRef): void {
    const status = this.#options.origins.status(owner.id);
    if (status === null) return;
    if (status.ports.api === 0) void this.#claim(stream, this.#of(status));
    else this.#of(status).hurriedUntil = performance.now() + HURRY_MS;
  }

  /** Notes that the publisher has left: without an API this ends the stream. */
  publisherLeft(stream: StreamKey, owner: OwnerRef): void {
    const status = this.#options.origins.status(owner.id);
    if (status === null) return;
    const watched = this.#of(status);
    if (status.ports.api === 0) this.#drop(stream, watched);
    else watched.due = 0;
  }

  /** Notes that a client could not connect to the origin. */
  suspect(owner: OwnerRef): void {
    void this.#options.origins.suspect(owner);
  }

  /** Runs the frequent looks while there are origins. */
  #lookOut(): void {
    if (!this.#options.origins.areAny) this.#rest();
    else this.#timer ??= setInterval(() => this.#tick(), TICK_MS).unref();
  }

  #rest(): void {
    clearInterval(this.#timer ?? undefined);
    this.#timer = null;
  }

  #tick(): void {
    const now = performance.now();
    this.#turns.sweep(now);
    const living = this.#options.origins.statuses().filter(({ pid }) => pid !== null);
    const due = living.flatMap((status) => {
      const watched = this.#of(status);
      const isHurried = watched.hurriedUntil > now && watched.failures === 0;
      const isDue = (watched.due <= now || isHurried) && !watched.isAsked;
      return isDue && status.ports.api !== 0 ? [{ status, watched }] : [];
    });
    // Longest overdue first, because an address may have more origins than polls.
    due.sort((a, b) => a.watched.due - b.watched.due);
    for (const { status, watched } of due) {
      const isUnproven = watched.failures > 0 || !watched.hasAnswered;
      const done = this.#turns.take(networkOf(status.host), isUnproven, now);
      if (done !== null) void this.#ask(status, watched).then(done);
    }
  }

  #of({ id, generation }: OriginStatus): Watched {
    const owner = { id, generation };
    const known = this.#watched.get(id);
    if (known !== undefined && isSameLife(known.owner, owner)) return known;
    const times = { due: 0, hurriedUntil: 0, isAsked: false, hasAnswered: false, failures: 0 };
    const fresh = { owner, live: new Set<StreamKey>(), ...times };
    this.#watched.set(id, fresh);
    return fresh;
  }

  /**
   * Polls an origin; returns the bytes of its answers. Never rejects: failures are noted, and the
   * origin is polled again.
   */
  async #ask({ id, host, ports }: OriginStatus, watched: Watched): Promise<number> {
    const { origins } = this.#options;
    const access = origins.access(id);
    if (access === null) return 0;
    watched.isAsked = true;
    try {
      const { authorization, life } = access;
      const { live, bytes } = await liveInOrigin({ host, port: ports.api, authorization }, life);
      watched.failures = 0;
      watched.hasAnswered = true;
      origins.note(watched.owner, null);
      if (this.#isCurrent(watched)) await this.#compare(live, watched);
      return bytes;
    } catch (error) {
      if (isOwnFault(error)) return 0;
      watched.failures += 1;
      await this.#failed(watched, error, access.authorization !== null);
      return error instanceof AnswerError ? OF_ORIGINS.bytes : 0;
    } finally {
      watched.isAsked = false;
      const wait = EVERY_MS * 2 ** Math.max(0, watched.failures - 1);
      watched.due = performance.now() + Math.min(wait, SLOWEST_MS);
    }
  }

  /**
   * A wrong answer counts at once. Silence counts after several polls, because we or the machine
   * may be slow.
   */
  async #failed({ owner, failures }: Watched, error: unknown, hasShown: boolean): Promise<void> {
    const { origins } = this.#options;
    const reason = messageOf(error);
    this.#logger.debug({ origin: owner.id, reason, code: codeOf(error) }, 'streams not reported');
    if (error instanceof AnswerError || failures >= MISSES) {
      origins.note(owner, apiFault(error, hasShown));
    }
    await origins.suspect(owner);
  }

  async #compare(live: ReadonlySet<StreamKey>, watched: Watched): Promise<void> {
    for (const stream of watched.live) if (!live.has(stream)) this.#drop(stream, watched);
    for (const stream of live) if (!watched.live.has(stream)) await this.#claim(stream, watched);
  }

  async #claim(stream: StreamKey, watched: Watched): Promise<void> {
    const { owner, live } = watched;
    try {
      const isOurs = await this.#options.claims.adopt(stream, owner);
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
