import { isSameLife, type OwnerRef } from '../owner.js';
import type { Claim } from '../registry/registry.js';
import type { Role, StreamKey } from '../stream-key.js';
import type { Claimer } from './claimer.js';
import type { FleetView } from './fleet-view.js';
import { StreamSlot } from './slot.js';

export interface SlotsOptions {
  readonly claimer: Claimer;
  readonly fleet: FleetView;
  /** Milliseconds since 1970. */
  readonly clock: () => number;
  /** How long a stream that was published keeps its child when everybody has left. */
  readonly graceMs: number;
  /** A stream has another owner now. */
  readonly onMoved: (stream: StreamKey, from: OwnerRef) => void;
}

/** The slots of all streams, one a stream: made, kept for a grace, replaced and dropped. */
export class Slots {
  readonly #options: SlotsOptions;
  readonly #slots = new Map<StreamKey, StreamSlot>();

  constructor(options: SlotsOptions) {
    this.#options = options;
  }

  [Symbol.iterator](): IterableIterator<StreamSlot> {
    return this.#slots.values();
  }

  get(stream: StreamKey): StreamSlot | undefined {
    return this.#slots.get(stream);
  }

  /** The stream's slot while its owner serves. */
  serving(stream: StreamKey): StreamSlot | undefined {
    const slot = this.#slots.get(stream);
    return slot !== undefined && this.#serves(slot) ? slot : undefined;
  }

  /** The stream's slot; a new one, which gets its claim by `place`, where its owner does not serve. */
  open(stream: StreamKey, place: () => Promise<Claim | null>): StreamSlot {
    return this.serving(stream) ?? this.#replace(stream, place);
  }

  /** The stream's slot in this very child, unless another child has a publisher for it. */
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

  /** Whether another owner's publisher has the stream, or had it within the grace. */
  isAnothers(stream: StreamKey, owner: OwnerRef): boolean {
    const { clock, graceMs } = this.#options;
    const slot = this.serving(stream);
    const from = slot?.kept?.owner;
    if (slot === undefined || from === undefined || isSameLife(from, owner)) return false;
    const { publishing, idleSince } = slot;
    return publishing || (idleSince !== null && clock() - idleSince < graceMs);
  }

  leave(slot: StreamSlot, role: Role): void {
    slot.leave(role);
    this.keepOrDrop(slot);
  }

  /** Ends what nobody uses any more, at once or after its grace. */
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

  /** It stays until the registry has answered: whoever comes next waits for that. */
  drop(slot: StreamSlot): void {
    if (slot.released === null) this.#end(slot, this.#options.claimer.giveUp(slot));
  }

  /** Drops all that a dead child owned, with one question to the registry; resolves when that is over. */
  dropOf(owner: OwnerRef): Promise<void> {
    const slots = Array.from(this).filter((slot) => slot.kept !== null && slot.isOwnedBy(owner));
    const claims = slots.flatMap((slot) => slot.kept ?? []);
    const released = this.#options.claimer.giveUpAll(owner, claims);
    for (const slot of slots) this.#end(slot, released);
    return released;
  }

  /** Resolves when every claim is given up. */
  async dropAll(): Promise<void> {
    for (const slot of this) this.drop(slot);
    await Promise.all(Array.from(this, (slot) => slot.released));
  }

  #end(slot: StreamSlot, released: Promise<void>): void {
    slot.released = released.finally(() => {
      if (this.#slots.get(slot.stream) === slot) this.#slots.delete(slot.stream);
    });
  }

  // A draining child keeps the streams that somebody uses, but none is brought back to it.
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
