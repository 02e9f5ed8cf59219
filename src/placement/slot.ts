import { isGoneWith, type OwnerRef } from '../owner.js';
import type { Claim } from '../registry/registry.js';
import type { Role, StreamKey } from '../stream-key.js';
import type { StreamStatus } from './types.js';

/**
 * One life of a stream here: placing -> owned -> released, or lost with its child. A stream that is
 * placed anew gets a new slot; holds of an old one then count for nothing.
 */
export class StreamSlot {
  readonly stream: StreamKey;
  /** Settles when the registry has answered; null where no child is open. */
  readonly placed: Promise<Claim | null>;
  claim: Claim | null = null;
  /** Was ever published: its name is worth keeping for a while. */
  published = false;
  /** The owner says that it is being published in it. */
  live = false;
  /** Whoever waits for it may come: its publisher has been let in. */
  announced = false;
  /** It was published, and nobody has published it since then. */
  idleSince: number | null = null;
  /** Kept without a hold until then; null while it is held. */
  keptUntil: number | null = null;
  /** Set once the claim is being given up: who comes now needs a new slot after it. */
  released: Promise<void> | null = null;
  readonly #holds: Record<Role, number> = { publish: 0, play: 0 };
  #isConfirmed = false;
  /** Publishers that have stopped, though they are still connected. */
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

  /** Published, or about to be. */
  get publishing(): boolean {
    return this.live || this.#holds.publish > this.#stopped;
  }

  /** The name of a stream of another box is that box's own to keep. */
  get isOurs(): boolean {
    return this.claim !== null && this.claim.owner.box === undefined;
  }

  /** The claim, while it is to be kept. */
  get kept(): Claim | null {
    return this.released === null ? this.claim : null;
  }

  status(): StreamStatus | null {
    if (this.kept === null) return null;
    const { stream, owner, since } = this.kept;
    const { publishing, holds: clients } = this;
    const where = owner.box === undefined ? {} : { box: owner.box };
    return { stream, child: owner.id, ...where, publishing, clients, since };
  }

  /** Counts a client in from the moment it asks, so that others' leaving cannot end the slot. */
  enter(role: Role): void {
    this.#holds[role]++;
    this.keptUntil = null;
    if (role === 'publish') this.idleSince = null;
  }

  leave(role: Role): void {
    this.#holds[role]--;
    if (role === 'publish') this.#stopped = Math.max(0, this.#stopped - 1);
  }

  /** The registry knows what is known here. */
  confirm(): void {
    this.#isConfirmed = true;
  }

  /** Published, and the registry was away when it was to be told. */
  get isUnconfirmed(): boolean {
    return this.live && !this.#isConfirmed;
  }

  /** The owner says that somebody publishes the stream in it. */
  begin(): void {
    this.live = true;
    this.published = true;
    this.keptUntil = null;
    this.idleSince = null;
  }

  /** The owner says that nobody publishes the stream in it any more. */
  stop(): void {
    this.live = false;
    this.announced = false;
    this.#stopped = this.#holds.publish;
  }

  isOwnedBy(ref: OwnerRef): boolean {
    const owner = this.claim?.owner;
    return owner !== undefined && isGoneWith(owner, ref);
  }
}
