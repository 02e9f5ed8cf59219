/**
 * The room `placement/`: which child has a stream, or shall have it, and who holds it now.
 * May import: child, logging, registry, system.
 */

import { tellStream } from '../logging/event-lines.js';
import { type Logger, silentLogger } from '../logging/logger.js';
import { isSameLife, type OwnerRef } from '../owner.js';
import type { Claim, Registry } from '../registry/registry.js';
import { isPlainKey, type Role, type StreamKey } from '../stream-key.js';
import { everySeconds } from '../system/every-seconds.js';
import { ATTEMPTS, Claimer } from './claimer.js';
import { Elsewhere } from './elsewhere.js';
import { FleetView } from './fleet-view.js';
import type { KeptStream } from './kept.js';
import type { PlacementOptions } from './placement-options.js';
import { renewAll } from './renew.js';
import type { StreamSlot } from './slot.js';
import { Slots } from './slots.js';
import { type ChildCounts, Tally } from './tally.js';
import type { Hold, LivePublisher, StreamStatus } from './types.js';
import { PublishWaiters } from './waiters.js';

/** Finds a stream's owner or places the stream, and keeps the claim while a client holds it. */
export class Placement {
  readonly #registry: Registry;
  readonly #now: () => number;
  readonly #renewMs: number;
  readonly #logger: Logger;
  readonly #tally = new Tally();
  readonly #waiters: PublishWaiters;
  /** Players that may connect before the publisher is accepted. */
  readonly #early: PublishWaiters;
  readonly #elsewhere: Elsewhere;
  readonly #onMoved: (stream: StreamKey, from: OwnerRef) => void;
  readonly #fleet: FleetView;
  readonly #stop: () => void;
  readonly #claimer: Claimer;
  readonly #slots: Slots;
  #nextRenewal: number;
  #closed = false;

  constructor(options: PlacementOptions) {
    this.#registry = options.registry;
    this.#fleet = new FleetView(options, this.#tally);
    this.#now = options.clock ?? Date.now;
    this.#renewMs = options.renewMs ?? 10_000;
    this.#logger = options.logger ?? silentLogger;
    this.#onMoved = options.onMoved ?? (() => {});
    const { registry, isBoxAlive = null, graceMs = 10_000 } = options;
    this.#elsewhere = new Elsewhere({ registry, isBoxAlive, now: this.#now });
    const isElsewhere = isBoxAlive && ((stream: StreamKey) => this.#elsewhere.has(stream));
    this.#waiters = new PublishWaiters(isElsewhere);
    this.#early = new PublishWaiters(isElsewhere);
    const own = { fleet: this.#fleet, clock: this.#now };
    this.#claimer = new Claimer({
      ...{ ...own, registry, tally: this.#tally },
      ...{ elsewhere: this.#elsewhere, logger: this.#logger },
    });
    this.#slots = new Slots({ ...own, claimer: this.#claimer, graceMs, onMoved: this.#onMoved });
    this.#nextRenewal = this.#now() + this.#renewMs;
    this.#stop = everySeconds(1, () => void this.tick());
  }

  /**
   * Acquires a hold on the stream's owner and places the stream if it has none, in the child `near`
   * if that has room. Null if no child takes it, or the key is not allowed. @throws ERR_REGISTRY
   */
  async acquire(stream: StreamKey, role: Role, near?: OwnerRef): Promise<Hold | null> {
    if (!isPlainKey(stream)) return null;
    for (let attempt = 0; attempt < ATTEMPTS && !this.#closed; attempt++) {
      const slot = this.#slots.open(stream, () => this.#claimer.place(stream, role, near));
      const claim = await this.#enter(slot, role);
      if (claim !== null && slot.released === null && this.#fleet.find(claim.owner)) {
        return this.#hold(slot, claim, role);
      }
      this.#slots.leave(slot, role);
      if (claim === null) return null;
    }
    return null;
  }

  /** Acquires a hold if the stream has an owner; null if it would have to be placed. */
  async find(stream: StreamKey, role: Role): Promise<Hold | null> {
    const isKnown = this.#slots.serving(stream) !== undefined;
    return isKnown || (await this.#elsewhere.find(stream)) ? this.acquire(stream, role) : null;
  }

  /**
   * Acquires a hold for a client that another box sends to that child; null if the child does not
   * own the stream. @throws ERR_REGISTRY
   */
  async admit(stream: StreamKey, role: Role, owner: OwnerRef): Promise<Hold | null> {
    if (!isPlainKey(stream) || !this.#fleet.find(owner) || this.#closed) return null;
    const slot = this.#slots.open(stream, () => this.#claimer.claimFor(stream, owner));
    const claim = await this.#enter(slot, role);
    const isOwn = claim !== null && isSameLife(claim.owner, owner) && slot.released === null;
    if (isOwn) return this.#hold(slot, claim, role);
    this.#slots.leave(slot, role);
    return null;
  }

  /**
   * Resolves to true once the stream is published and its publisher accepted (at once if so
   * already), to false when the signal aborts. A publisher under way does not count: an HTTP player
   * that arrives first would make SRS create the source from the player's request, which HLS would
   * then use.
   */
  async whenPublished(stream: StreamKey, signal: AbortSignal): Promise<boolean> {
    if (this.#slots.get(stream)?.announced) return true;
    if ((await this.#elsewhere.has(stream)) || this.#slots.get(stream)?.announced) return true;
    return this.#waiters.wait(stream, signal);
  }

  /**
   * Resolves to true once a publisher is under way to the stream's child (at once if so already),
   * to false when the signal aborts. For RTMP players, which may arrive before the publisher.
   */
  async whenPublishing(stream: StreamKey, signal: AbortSignal): Promise<boolean> {
    const isHere = () => this.#slots.serving(stream)?.publishing ?? false;
    if (isHere() || (await this.#elsewhere.has(stream)) || isHere()) return true;
    return this.#early.wait(stream, signal);
  }

  /**
   * Notes that a child has a publisher for the stream: the child keeps the claim meanwhile. Returns
   * false if another child has a publisher for it, or the key is not allowed: this one must end.
   */
  async published(stream: StreamKey, owner: OwnerRef): Promise<boolean> {
    if (!isPlainKey(stream)) return false;
    const slot = this.#slots.openIn(stream, owner);
    const claim = await slot.placed;
    if (claim === null || !isSameLife(claim.owner, owner) || slot.released !== null) return false;
    if (!(await this.#claimer.confirm(slot, owner))) return false;
    slot.begin();
    return true;
  }

  /**
   * Notes that a registered origin has the stream. Like `published`, but it never displaces an
   * owner that has a publisher, or had one within the grace and may get it back.
   */
  async adopt(stream: StreamKey, owner: OwnerRef): Promise<boolean> {
    return !this.#slots.isAnothers(stream, owner) && this.published(stream, owner);
  }

  /**
   * Notes that the child's publisher was accepted, and wakes the players waiting for it. `client`:
   * the publisher's address, if known.
   */
  announce(stream: StreamKey, owner: OwnerRef, client?: string): void {
    const slot = this.#slots.get(stream);
    if (!slot?.live || !slot.isOwnedBy(owner)) return;
    if (!slot.announced) {
      const event = { type: 'publish', stream, child: owner.id, client } as const;
      tellStream(this.#logger, event, 'stream published');
    }
    slot.announced = true;
    this.#waiters.wake(stream);
    this.#early.wake(stream);
  }

  /** Returns the child of this box that reports a publisher for the stream; null: none does. */
  publisherHere(stream: StreamKey): LivePublisher | null {
    return this.#slots.serving(stream)?.publisherHere ?? null;
  }

  /** Notes that the child has no publisher for the stream any more. */
  unpublished(stream: StreamKey, owner: OwnerRef): void {
    const slot = this.#slots.get(stream);
    if (!slot?.live || !slot.isOwnedBy(owner)) return;
    if (slot.announced) {
      const { players } = slot;
      const event = { type: 'unpublish', stream, child: owner.id, players } as const;
      tellStream(this.#logger, event, 'stream unpublished');
    }
    slot.stop();
    this.#slots.keepOrDrop(slot);
  }

  /** Returns the streams of this box's children, which outlive the program. */
  give(): KeptStream[] {
    return Array.from(this.#slots).flatMap((slot) => slot.give() ?? []);
  }

  /** Goes on with the streams that the program before this one gave. Never rejects. */
  async goOn(streams: readonly KeptStream[]): Promise<void> {
    await Promise.all(streams.map((kept) => this.#slots.goOn(kept).catch(() => {})));
  }

  /** Drops all claims of another box; its streams can be placed again at once. */
  boxDown(box: string): void {
    for (const slot of this.#slots) {
      const owner = slot.kept?.owner;
      if (owner?.box !== box) continue;
      this.#slots.drop(slot);
      this.#onMoved(slot.stream, owner);
    }
  }

  /** Releases all claims of a dead child, so its streams can be placed again. Never rejects. */
  async childDown(ref: OwnerRef): Promise<void> {
    this.#fleet.down(ref);
    await this.#slots.dropOf(ref);
  }

  /** Returns the streams that have an owner, in order of their keys. */
  list(): StreamStatus[] {
    return this.#slots.statuses();
  }

  /** Number of these. */
  get size(): number {
    return this.#slots.placed;
  }

  counts(childId: string): ChildCounts {
    return this.#tally.of(childId);
  }

  /** Returns how many connections a child has of its clients. */
  connections(childId: string): number {
    return this.#tally.connectionsOf(childId);
  }

  /** Drops expired slots and renews claims. Runs once a second. */
  async tick(): Promise<void> {
    this.#slots.dropExpired();
    if (this.#now() >= this.#nextRenewal) await this.renew();
    else await this.#claimer.giveUpOwed();
  }

  /** Renews all claims now, and claims again those that the registry has lost. */
  async renew(): Promise<void> {
    this.#nextRenewal = this.#now() + this.#renewMs;
    // This comes first: a live claim of a dead generation would win against that of the next.
    await this.#claimer.giveUpOwed();
    const claims = Array.from(this.#slots).flatMap((slot) => slot.kept ?? []);
    const slotOf = (claim: Claim) => {
      const slot = this.#slots.get(claim.stream);
      return slot?.kept === claim ? slot : null;
    };
    await renewAll({
      registry: this.#registry,
      claims: claims.filter(({ owner }) => owner.box === undefined),
      isLive: (claim) => slotOf(claim) !== null,
      isPublished: (claim) => slotOf(claim)?.live ?? false,
      isUnconfirmed: (claim) => slotOf(claim)?.isUnconfirmed ?? false,
      onKept: (claim) => slotOf(claim)?.confirm(),
      onLost: (claim) => this.#lost(claim, slotOf(claim)),
      logger: this.#logger,
    });
  }

  /** Releases all claims. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#stop();
    await this.#slots.dropAll();
  }

  #lost({ stream, owner }: Claim, slot: StreamSlot | null): void {
    if (slot !== null) this.#slots.drop(slot);
    this.#onMoved(stream, owner);
  }

  /** Counts a client in; resolves with the slot's claim. @throws ERR_REGISTRY */
  async #enter(slot: StreamSlot, role: Role): Promise<Claim | null> {
    slot.enter(role);
    try {
      return await slot.placed;
    } catch (error) {
      this.#slots.leave(slot, role);
      throw error;
    }
  }

  #hold(slot: StreamSlot, { stream, owner }: Claim, role: Role): Hold {
    const client = this.#tally.enter(owner);
    if (role === 'publish') {
      slot.published = true;
      this.#early.wake(stream);
    }
    const release = (gone = false) => {
      if (!client.leave()) return;
      this.#slots.leave(slot, role);
      if (!gone || slot.isOurs) return;
      this.#elsewhere.forget(stream);
      this.#slots.drop(slot);
    };
    return { stream, role, owner, release, shares: () => client.share() };
  }
}
