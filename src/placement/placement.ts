import { type Logger, silentLogger } from '../logging/logger.js';
import { isSameLife, type OwnerRef } from '../owner.js';
import type { Claim, Registry } from '../registry/registry.js';
import { isPlainKey, type Role, type StreamKey } from '../stream-key.js';
import { ATTEMPTS, Claimer } from './claimer.js';
import { Elsewhere } from './elsewhere.js';
import { FleetView, type FleetViewOptions } from './fleet-view.js';
import { renewAll } from './renew.js';
import type { StreamSlot } from './slot.js';
import { Slots } from './slots.js';
import { type ChildCounts, Tally } from './tally.js';
import type { Hold, StreamStatus } from './types.js';
import { PublishWaiters } from './waiters.js';

export interface PlacementOptions extends FleetViewOptions {
  readonly registry: Registry;
  /** Milliseconds since 1970. */
  readonly clock?: () => number;
  /** How long a stream that was published keeps its child when everybody has left. */
  readonly graceMs?: number;
  /** Well below the registry's lease. */
  readonly renewMs?: number;
  /** A stream has another owner now: those who wait in the old one wait in vain. */
  readonly onMoved?: (stream: StreamKey, from: OwnerRef) => void;
  readonly logger?: Logger;
}

const TICK_MS = 1000;

/** Finds a stream's owner, or places the stream; keeps the claim while anybody holds it. */
export class Placement {
  readonly #registry: Registry;
  readonly #now: () => number;
  readonly #renewMs: number;
  readonly #logger: Logger;
  readonly #tally = new Tally();
  readonly #waiters: PublishWaiters;
  /** Those who may come before the publisher has been let in. */
  readonly #early: PublishWaiters;
  readonly #elsewhere: Elsewhere;
  readonly #onMoved: (stream: StreamKey, from: OwnerRef) => void;
  readonly #fleet: FleetView;
  readonly #timer: NodeJS.Timeout;
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
    const { registry, isBoxAlive = null } = options;
    this.#elsewhere = new Elsewhere({ registry, isBoxAlive, now: this.#now });
    const isElsewhere = isBoxAlive && ((stream: StreamKey) => this.#elsewhere.has(stream));
    this.#waiters = new PublishWaiters(isElsewhere);
    this.#early = new PublishWaiters(isElsewhere);
    this.#claimer = new Claimer({
      registry: this.#registry,
      fleet: this.#fleet,
      tally: this.#tally,
      elsewhere: this.#elsewhere,
      clock: this.#now,
      logger: this.#logger,
    });
    this.#slots = new Slots({
      claimer: this.#claimer,
      fleet: this.#fleet,
      clock: this.#now,
      graceMs: options.graceMs ?? 10_000,
      onMoved: this.#onMoved,
    });
    this.#nextRenewal = this.#now() + this.#renewMs;
    this.#timer = setInterval(() => void this.tick(), TICK_MS).unref();
  }

  /**
   * A hold on the stream's owner; the stream is placed where it has none. Null when no child takes
   * it, or shall. @throws ERR_REGISTRY
   */
  async acquire(stream: StreamKey, role: Role): Promise<Hold | null> {
    if (!isPlainKey(stream)) return null;
    for (let attempt = 0; attempt < ATTEMPTS && !this.#closed; attempt++) {
      const slot = this.#slots.open(stream, () => this.#claimer.place(stream, role));
      slot.enter(role);
      const claim = await slot.placed.catch((error: unknown) => {
        this.#slots.leave(slot, role);
        throw error;
      });
      if (claim !== null && slot.released === null && this.#fleet.find(claim.owner)) {
        return this.#hold(slot, claim, role);
      }
      this.#slots.leave(slot, role);
      if (claim === null) return null;
    }
    return null;
  }

  /** A hold on the stream's owner where it has one; null where it would have to be placed. */
  async find(stream: StreamKey, role: Role): Promise<Hold | null> {
    const isKnown = this.#slots.serving(stream) !== undefined;
    return isKnown || (await this.#elsewhere.find(stream)) ? this.acquire(stream, role) : null;
  }

  /** A hold for a client that another box sends to that very child; null: the stream is not its own. */
  async admit(stream: StreamKey, role: Role, owner: OwnerRef): Promise<Hold | null> {
    if (!isPlainKey(stream) || !this.#fleet.find(owner) || this.#closed) return null;
    const slot = this.#slots.open(stream, () => this.#claimer.claimFor(stream, owner));
    slot.enter(role);
    const claim = await slot.placed.catch(() => null);
    const isOwn = claim !== null && isSameLife(claim.owner, owner) && slot.released === null;
    if (isOwn) return this.#hold(slot, claim, role);
    this.#slots.leave(slot, role);
    return null;
  }

  /**
   * Resolves true once the stream is published and its publisher let in (now, perhaps), false when
   * the signal aborts. That a publisher is on its way does not count: an HTTP player that overtook
   * it would have SRS make a source of the player's own name for it, which HLS then goes by.
   */
  async whenPublished(stream: StreamKey, signal: AbortSignal): Promise<boolean> {
    if (this.#slots.get(stream)?.announced) return true;
    if ((await this.#elsewhere.has(stream)) || this.#slots.get(stream)?.announced) return true;
    return this.#waiters.wait(stream, signal);
  }

  /**
   * Resolves true once a publisher is on its way to the stream's child or there already (now, perhaps),
   * false when the signal aborts: for players of RTMP, who may be there first.
   */
  async whenPublishing(stream: StreamKey, signal: AbortSignal): Promise<boolean> {
    const isHere = () => this.#slots.serving(stream)?.publishing ?? false;
    if (isHere() || (await this.#elsewhere.has(stream)) || isHere()) return true;
    return this.#early.wait(stream, signal);
  }

  /**
   * A child says that a stream is being published in it: the claim is its own for as long as that
   * lasts. False where another child has a publisher for it, or none shall: it has to go.
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
   * An origin that somebody else runs says that it has a stream: as `published`, but its word takes no
   * name from who publishes it, or did a moment ago and may be about to come back.
   */
  async adopt(stream: StreamKey, owner: OwnerRef): Promise<boolean> {
    return !this.#slots.isAnothers(stream, owner) && this.published(stream, owner);
  }

  /** The publisher of that child has been let in: whoever waits for the stream may come. */
  announce(stream: StreamKey, owner: OwnerRef): void {
    const slot = this.#slots.get(stream);
    if (!slot?.live || !slot.isOwnedBy(owner)) return;
    slot.announced = true;
    this.#waiters.wake(stream);
    this.#early.wake(stream);
  }

  /** A child says that nobody publishes the stream in it any more. */
  unpublished(stream: StreamKey, owner: OwnerRef): void {
    const slot = this.#slots.get(stream);
    if (!slot?.live || !slot.isOwnedBy(owner)) return;
    slot.stop();
    this.#slots.keepOrDrop(slot);
  }

  /** All that another box had is over; what it served can be placed again at once. */
  boxDown(box: string): void {
    for (const slot of this.#slots) {
      const owner = slot.kept?.owner;
      if (owner?.box !== box) continue;
      this.#slots.drop(slot);
      this.#onMoved(slot.stream, owner);
    }
  }

  /** Gives up all that a dead child held: its streams can be placed again at once. Never rejects. */
  async childDown(ref: OwnerRef): Promise<void> {
    this.#fleet.down(ref);
    await this.#slots.dropOf(ref);
  }

  /** The streams that have an owner through us, in order of their key. */
  list(): StreamStatus[] {
    return Array.from(this.#slots)
      .flatMap((slot) => slot.status() ?? [])
      .sort((a, b) => (a.stream < b.stream ? -1 : 1));
  }

  counts(childId: string): ChildCounts {
    return this.#tally.of(childId);
  }

  /** Ends what is kept for nobody any more, and renews what lives. Runs by itself once a second. */
  async tick(): Promise<void> {
    this.#slots.dropExpired();
    if (this.#now() >= this.#nextRenewal) await this.renew();
    else await this.#claimer.giveUpOwed();
  }

  /** Renews all claims now; those that the registry has lost are claimed again. */
  async renew(): Promise<void> {
    this.#nextRenewal = this.#now() + this.#renewMs;
    // First: a live claim of a dead life would win against that of the life after it.
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

  /** Gives all claims up. */
  async close(): Promise<void> {
    this.#closed = true;
    clearInterval(this.#timer);
    await this.#slots.dropAll();
  }

  #lost({ stream, owner }: Claim, slot: StreamSlot | null): void {
    if (slot !== null) this.#slots.drop(slot);
    this.#onMoved(stream, owner);
  }

  #hold(slot: StreamSlot, { stream, owner }: Claim, role: Role): Hold {
    this.#tally.addTo(owner, 0, 1);
    if (role === 'publish') {
      slot.published = true;
      this.#early.wake(stream);
    }
    let held = true;
    const release = (gone = false) => {
      if (!held) return;
      held = false;
      this.#tally.addTo(owner, 0, -1);
      this.#slots.leave(slot, role);
      if (!gone || slot.isOurs) return;
      this.#elsewhere.forget(stream);
      this.#slots.drop(slot);
    };
    return { stream, role, owner, release };
  }
}
