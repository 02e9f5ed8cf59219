import { codeOf, messageOf } from '../errors.js';
import type { Logger } from '../logging/logger.js';
import { logFault } from '../logging/refusals.js';
import { isSameLife, type OwnerRef } from '../owner.js';
import type { Claim, Registry } from '../registry/registry.js';
import type { Role, StreamKey } from '../stream-key.js';
import type { Elsewhere } from './elsewhere.js';
import type { FleetView } from './fleet-view.js';
import { choose } from './policy.js';
import type { StreamSlot } from './slot.js';
import type { Tally } from './tally.js';

export interface ClaimerParts {
  readonly registry: Registry;
  readonly fleet: FleetView;
  readonly tally: Tally;
  readonly elsewhere: Elsewhere;
  /** Milliseconds since 1970. */
  readonly clock: () => number;
  readonly logger: Logger;
}

/** Attempts to claim a stream before it is given up as contended. */
export const ATTEMPTS = 5;

/** Makes and releases claims for slots. Each claim counts as one stream of its owner. */
export class Claimer {
  readonly #parts: ClaimerParts;
  /** Child id -> its latest generation whose death the registry does not know yet. */
  readonly #owed = new Map<string, number>();
  #tie = 0;

  constructor(parts: ClaimerParts) {
    this.#parts = parts;
  }

  /**
   * Returns the claim of the stream's living owner, or of the child chosen now; null if no child is
   * open. @throws ERR_REGISTRY
   */
  async place(stream: StreamKey, role: Role, near?: OwnerRef): Promise<Claim | null> {
    const { fleet, tally, registry, elsewhere, logger } = this.#parts;
    const known = elsewhere.known(stream);
    if (known !== null) return this.#countIn(known);
    for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
      const claim = await this.#choose(stream, role, near);
      elsewhere.note(stream, claim);
      if (claim === null || fleet.find(claim.owner)) return claim;
      tally.addTo(claim.owner, -1, 0);
      await registry.release(stream, claim.owner);
    }
    logFault(logger, 'stream could not be placed: its owners keep dying', { stream });
    return null;
  }

  /** Claims the stream for that child; returns the winner's claim. @throws ERR_REGISTRY */
  async claimFor(stream: StreamKey, owner: OwnerRef): Promise<Claim | null> {
    return this.#countIn(await this.#parts.registry.claim(stream, owner));
  }

  /**
   * Tells the registry that the owner publishes the stream; false if another owner does. @throws
   * ERR_REGISTRY
   */
  async confirm(slot: StreamSlot, owner: OwnerRef): Promise<boolean> {
    try {
      const { owner: winner } = await this.#parts.registry.claim(slot.stream, owner, true);
      if (!isSameLife(winner, owner)) return false;
      slot.confirm();
      return true;
    } catch (error) {
      if (codeOf(error) !== 'ERR_REGISTRY_AWAY') throw error;
      return true;
    }
  }

  /** Releases a slot's claim. Never rejects: a claim that stays expires with its lease. */
  async giveUp(slot: StreamSlot): Promise<void> {
    const { stream } = slot;
    const claim = slot.claim ?? (await slot.placed.catch(() => null));
    if (claim === null) return;
    this.#parts.tally.addTo(claim.owner, -1, 0);
    // A claim of another box is released by that box.
    if (claim.owner.box !== undefined) return;
    try {
      await this.#parts.registry.release(stream, claim.owner);
    } catch (error) {
      // Harmless: its owner still serves clients sent there, and a dead owner's claims are all
      // released.
      this.#parts.logger.debug(
        { stream, reason: messageOf(error) },
        'claim not released: it ends with its lease',
      );
    }
  }

  /**
   * Releases all claims of a dead child; `claims` are those that count as its streams. Never
   * rejects: if the registry is away, `giveUpOwed` tells it later.
   */
  async giveUpAll(owner: OwnerRef, claims: readonly Claim[]): Promise<void> {
    for (const claim of claims) this.#parts.tally.addTo(claim.owner, -1, 0);
    try {
      await this.#releaseAll(owner);
    } catch (error) {
      const { id: child, generation } = owner;
      this.#owed.set(child, Math.max(generation, this.#owed.get(child) ?? 0));
      this.#parts.logger.warn(
        { child, generation, reason: messageOf(error) },
        'claims of a dead child stay until the registry answers: check the registry',
      );
    }
  }

  /** Tells the registry of deaths that it has missed. Never rejects: they stay owed if it fails. */
  async giveUpOwed(): Promise<void> {
    try {
      for (const [id, generation] of this.#owed) await this.#releaseAll({ id, generation });
    } catch (error) {
      this.#parts.logger.debug({ reason: messageOf(error) }, 'claims of dead children still stay');
    }
  }

  async #releaseAll(owner: OwnerRef): Promise<void> {
    await this.#parts.registry.releaseAll(owner);
    // A later generation may have died meanwhile.
    if ((this.#owed.get(owner.id) ?? 0) <= owner.generation) this.#owed.delete(owner.id);
  }

  async #choose(stream: StreamKey, role: Role, near?: OwnerRef): Promise<Claim | null> {
    const { fleet, tally, registry } = this.#parts;
    const choice = choose(fleet.snapshot(stream), this.#tie++, near);
    if (choice === null) return this.#countIn(await registry.find(stream));
    // Counted while the registry answers, so that concurrent calls choose other children.
    tally.addTo(choice, 1, 0);
    try {
      return this.#countIn(await registry.claim(stream, choice));
    } catch (error) {
      if (role !== 'publish' || codeOf(error) !== 'ERR_REGISTRY_AWAY') throw error;
      return this.#countIn(this.#alone(stream, choice, error));
    } finally {
      tally.addTo(choice, -1, 0);
    }
  }

  /** Serves a publisher while the registry is away; it gets the claim when it answers again. */
  #alone(stream: StreamKey, { id, generation }: OwnerRef, error: unknown): Claim {
    const { logger, clock } = this.#parts;
    const about = { stream, child: id, reason: messageOf(error) };
    logFault(logger, 'stream claimed on this box alone', about);
    return { stream, owner: { id, generation }, since: clock() };
  }

  #countIn(claim: Claim | null): Claim | null {
    if (claim !== null) this.#parts.tally.addTo(claim.owner, 1, 0);
    return claim;
  }
}
