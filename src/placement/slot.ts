import { isGoneWith, type OwnerRef } from '../owner.js';
import type { Claim } from '../registry/registry.js';
import type { Role, StreamKey } from '../stream-key.js';
import type { KeptStream } from './kept.js';
import type { LivePublisher, StreamStatus } from './types.js';

/**
 * One life of a stream: placing -> owned -> released, or lost with its child. A stream that is
 * placed again gets a new slot, and holds on the old slot no longer count.
 */
export class StreamSlot {
  readonly stream: StreamKey;
  /** Settles with the registry's answer; null if no child is open. */
  readonly placed: Promise<Claim | null>;
  claim: Claim | null = null;
  /** True once published: its claim is then kept for the grace. */
  published = false;
  /** The owner reports a publisher for the stream. */
  live = false;
  /** The publisher was accepted, and players that wait for the stream may connect. */
  announced = false;
  /** Time of the last unpublish; null if never published or published now. */
  idleSince: number | null = null;
  /** End of the grace; null while the slot is held. */
  keptUntil: number | null = null;
  /** Set when the claim is being released: clients that come now need a new slot behind it. */
  released: Promise<void> | null = null;
  readonly #holds: Record<Role, number> = { publish: 0, play: 0 };
  #isConfirmed = false;
  /** Publishers that have stopped but are still connected. */
  #stopped = 0;

  constructor(stream: StreamKey, place: () => Promise<Claim | null>) {
    this.stream = stream;
    this.placed = place().then((claim) => {
      this.claim = claim;
      return claim;
    });
  }

  get holds(): number {
    return this.#holds.publish + this.#holds.play;
  }

  get players(): number {
    return this.#holds.play;
  }

  /** A publisher is there or under way. */
  get publishing(): boolean {
    return this.live || this.#holds.publish > this.#stopped;
  }

  /** False for a stream of another box, which releases its claim itself. */
  get isOurs(): boolean {
    return this.claim !== null && this.claim.owner.box === undefined;
  }

  /** The publisher that a child of this box reports; null: none. */
  get publisherHere(): LivePublisher | null {
    if (this.kept === null || !this.live || !this.isOurs) return null;
    return { owner: this.kept.owner, isAccepted: this.announced };
  }

  /** The claim, unless it is being released. */
  get kept(): Claim | null {
    return this.released === null ? this.claim : null;
  }

  status(): StreamStatus | null {
    if (this.kept === null) return null;
    const { stream, owner, since, live = false } = this.kept;
    const { holds: clients } = this;
    // The publisher of another box's stream is not among our clients.
    const publishing = this.publishing || (owner.box !== undefined && live);
    const where = owner.box === undefined ? {} : { box: owner.box };
    return { stream, child: owner.id, ...where, publishing, clients, since };
  }

  /** Counts a client as soon as it asks, so that the slot does not end when others leave. */
  enter(role: Role): void {
    this.#holds[role]++;
    this.keptUntil = null;
    if (role === 'publish') this.idleSince = null;
  }

  leave(role: Role): void {
    this.#holds[role]--;
    if (role === 'publish') this.#stopped = Math.max(0, this.#stopped - 1);
  }

  /** Notes that the registry knows the current state. */
  confirm(): void {
    this.#isConfirmed = true;
  }

  /** Published, but the registry could not be told yet. */
  get isUnconfirmed(): boolean {
    return this.live && !this.#isConfirmed;
  }

  /** Notes that the owner has a publisher. */
  begin(): void {
    this.live = true;
    this.published = true;
    this.keptUntil = null;
    this.idleSince = null;
  }

  /** Notes that the owner has no publisher any more. */
  stop(): void {
    this.live = false;
    this.announced = false;
    this.#stopped = this.#holds.publish;
  }

  /** Returns what outlives the program; null for a stream without a claim of this box. */
  give(): KeptStream | null {
    if (this.kept === null || !this.isOurs) return null;
    const { stream, published, live, announced, idleSince } = this;
    const { owner, since } = this.kept;
    const { id, generation } = owner;
    return { stream, owner: { id, generation }, published, live, announced, idleSince, since };
  }

  /** Goes on with what another program knew of the stream. */
  adopt({ published, live, announced, idleSince, since }: KeptStream): void {
    if (this.claim !== null) this.claim = { ...this.claim, since };
    this.published = published;
    this.live = live;
    this.announced = announced;
    this.idleSince = idleSince;
  }

  isOwnedBy(ref: OwnerRef): boolean {
    const owner = this.claim?.owner;
    return owner !== undefined && isGoneWith(owner, ref);
  }
}
