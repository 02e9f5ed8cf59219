import { isSameLife, type OwnerRef } from '../owner.js';
import type { Claim } from '../registry/registry.js';
import type { Role, StreamKey } from '../stream-key.js';
import type { Claimer } from './claimer.js';
import type { FleetView } from './fleet-view.js';
import type { KeptStream } from './kept.js';
import { StreamSlot } from './slot.js';
import type { StreamStatus } from './types.js';

export interface SlotsOptions {
  readonly claimer: Claimer;
  readonly fleet: FleetView;
  /** Milliseconds since 1970. */
  readonly clock: () => number;
  /** Milliseconds for which a published stream keeps its child after its last client has left. */
  readonly graceMs: number;
  /** Called when a stream has another owner now. */
  readonly onMoved: (stream: StreamKey, from: OwnerRef) => void;
}

/** The slots of all streams: one per stream; made, kept for a grace, replaced and dropped. */
export class Slots {
  readonly #options: SlotsOptions;
  readonly #slots = new Map<StreamKey, StreamSlot>();

  constructor(options: SlotsOptions) {
    this.#options = options;
  }

  [Symbol.iterator](): IterableIterator<StreamSlot> {
    return this.#slots.values();
  }

  /** Returns the streams that have an owner, in order of their keys. */
  statuses(): StreamStatus[] {
    return Array.from(this)
      .flatMap((slot) => slot.status() ?? [])
      .sort((a, b) => (a.stream < b.stream ? -1 : 1));
  }

  /** Number of these. */
  get placed(): number {
    let count = 0;
    for (const { kept } of this.#slots.values()) if (kept !== null) count += 1;
    return count;
  }

  get(stream: StreamKey): StreamSlot | undefined {
    return this.#slots.get(stream);
  }

  /** Returns the stream's slot if its owner serves. */
  serving(stream: StreamKey): StreamSlot | undefined {
    const slot = this.#slots.get(stream);
    return slot !== undefined && this.#serves(slot) ? slot : undefined;
  }

  /** Returns the stream's slot. A new one, with a claim from `place`, replaces a dead owner's. */
  open(stream: StreamKey, place: () => Promise<Claim | null>): StreamSlot {
    return this.serving(stream) ?? this.#replace(stream, place);
  }

  /** Returns the stream's slot in this child, unless another child has a publisher for it. */
  openIn(stream: StreamKey, owner: OwnerRef): StreamSlot {
    const { claimer, onMoved } = this.#options;
    const from = this.#slots.get(stream)?.kept?.owner;
    const current = this.serving(stream);
    const isAnothers = from !== undefined && !isSameLife(from, owner);
    if (current !== undefined && !(isAnothers && !current.publishing)) return current;
    const slot = this.#replace(stream, () => claimer.claimFor(stream, owner));
    if (from !== undefined) onMoved(stream, from);
    return slot;
  }

  /** Reports whether another owner has a publisher for the stream, or had one within the grace. */
  isAnothers(stream: StreamKey, owner: OwnerRef): boolean {
    const { clock, graceMs } = this.#options;
    const slot = this.serving(stream);
    const from = slot?.kept?.owner;
    if (slot === undefined || from === undefined || isSameLife(from, owner)) return false;
    const { publishing, idleSince } = slot;
    return publishing || (idleSince !== null && clock() - idleSince < graceMs);
  }

  /** Goes on with a stream of the program before this one, if its child still has it. Rejects with
   * ERR_REGISTRY. */
  async goOn(kept: KeptStream): Promise<void> {
    const { claimer, fleet } = this.#options;
    const { stream, owner } = kept;
    if (!fleet.find(owner)) return;
    const slot = this.open(stream, () => claimer.claimFor(stream, owner));
    const claim = await slot.placed;
    if (claim === null || !isSameLife(claim.owner, owner)) return;
    slot.adopt(kept);
    if (kept.live) await claimer.confirm(slot, owner);
    this.keepOrDrop(slot);
  }

  leave(slot: StreamSlot, role: Role): void {
    slot.leave(role);
    this.keepOrDrop(slot);
  }

  /** Drops a slot that nobody uses, at once or after its grace. */
  keepOrDrop(slot: StreamSlot): void {
    const { clock, graceMs } = this.#options;
    if (slot.published && !slot.publishing) slot.idleSince ??= clock();
    if (slot.holds > 0 || slot.live || slot.released !== null) return;
    if (slot.isOurs && slot.published) slot.keptUntil = clock() + graceMs;
    else this.drop(slot);
  }

  dropExpired(): void {
    const now = this.#options.clock();
    for (const slot of this) if (slot.keptUntil !== null && slot.keptUntil <= now) this.drop(slot);
  }

  /**
   * Releases a slot's claim. The slot stays until the registry has answered; a new one waits for
   * that.
   */
  drop(slot: StreamSlot): void {
    if (slot.released === null) this.#end(slot, this.#options.claimer.giveUp(slot));
  }

  /** Drops all slots of a dead child with one call to the registry; resolves when it answers. */
  dropOf(owner: OwnerRef): Promise<void> {
    const slots = Array.from(this).filter((slot) => slot.kept !== null && slot.isOwnedBy(owner));
    const claims = slots.flatMap((slot) => slot.kept ?? []);
    const released = this.#options.claimer.giveUpAll(owner, claims);
    for (const slot of slots) this.#end(slot, released);
    return released;
  }

  /** Resolves when every claim is released. */
  async dropAll(): Promise<void> {
    for (const slot of this) this.drop(slot);
    await Promise.all(Array.from(this, (slot) => slot.released));
  }

  #end(slot: StreamSlot, released: Promise<void>): void {
    slot.released = released.finally(() => {
      if (this.#slots.get(slot.stream) === slot) this.#slots.delete(slot.stream);
    });
  }

  // A draining child keeps the streams in use, but no others return to it.
  #serves(slot: StreamSlot): boolean {
    if (slot.released !== null) return false;
    if (slot.claim === null) return true;
    const owner = this.#options.fleet.find(slot.claim.owner);
    return owner !== undefined && (owner.open || slot.holds > 0 || slot.live);
  }

  #replace(stream: StreamKey, place: () => Promise<Claim | null>): StreamSlot {
    const current = this.#slots.get(stream);
    if (current !== undefined) this.drop(current);
    const slot = new StreamSlot(stream, async () => {
      await current?.released;
      return place();
    });
    this.#slots.set(stream, slot);
    return slot;
  }
}
