import { SupervisorError } from '../errors.js';
import { isGoneWith, isSameLife, type OwnerRef } from '../owner.js';
import type { StreamKey } from '../stream-key.js';
import type { Claim, Registry } from './registry.js';

export interface MemoryOptions {
  /** Milliseconds since 1970. */
  readonly now?: () => number;
  /** Milliseconds after which a claim that is not renewed expires. */
  readonly leaseMs?: number;
  readonly maxClaims?: number;
}

interface Lease {
  readonly claim: Claim;
  readonly expires: number;
}

/** The registry of one supervisor. Each verb completes in one turn of the event loop. */
export class MemoryRegistry implements Registry {
  readonly #now: () => number;
  readonly #leaseMs: number;
  readonly #maxClaims: number;
  /** Ordered by expiry: all leases have one length, and a renewed one moves to the end. */
  readonly #leases = new Map<StreamKey, Lease>();

  constructor({ now = Date.now, leaseMs = 30_000, maxClaims = 100_000 }: MemoryOptions = {}) {
    this.#now = now;
    this.#leaseMs = leaseMs;
    this.#maxClaims = maxClaims;
  }

  async find(stream: StreamKey): Promise<Claim | null> {
    return this.#living(stream)?.claim ?? null;
  }

  async claim(stream: StreamKey, owner: OwnerRef, live = false): Promise<Claim> {
    const held = this.#living(stream);
    if (held !== undefined && (held.claim.live || !live)) return held.claim;
    if (held === undefined && this.#leases.size >= this.#maxClaims) {
      throw new SupervisorError(
        'ERR_REGISTRY',
        `registry: full with ${this.#maxClaims} streams, cannot claim ${stream}`,
      );
    }
    const { id, generation } = owner;
    const isOwn = held !== undefined && isSameLife(held.claim.owner, owner);
    const claim = Object.freeze({
      stream,
      owner: Object.freeze({ id, generation }),
      since: isOwn ? held.claim.since : this.#now(),
      ...(live ? { live: true as const } : {}),
    });
    this.#lease(claim);
    return claim;
  }

  async renew(streams: readonly StreamKey[], owner: OwnerRef): Promise<StreamKey[]> {
    return streams.filter((stream) => {
      const held = this.#living(stream);
      if (held === undefined || !isSameLife(held.claim.owner, owner)) return true;
      this.#lease(held.claim);
      return false;
    });
  }

  async release(stream: StreamKey, owner: OwnerRef): Promise<boolean> {
    const held = this.#living(stream);
    if (held === undefined || !isSameLife(held.claim.owner, owner)) return false;
    return this.#leases.delete(stream);
  }

  async releaseAll(owner: OwnerRef): Promise<number> {
    this.#sweep();
    let released = 0;
    for (const [stream, { claim }] of this.#leases) {
      if (!isGoneWith(claim.owner, owner)) continue;
      this.#leases.delete(stream);
      released++;
    }
    return released;
  }

  async close(): Promise<void> {
    this.#leases.clear();
  }

  #living(stream: StreamKey): Lease | undefined {
    this.#sweep();
    return this.#leases.get(stream);
  }

  #lease(claim: Claim): void {
    this.#leases.delete(claim.stream);
    this.#leases.set(claim.stream, { claim, expires: this.#now() + this.#leaseMs });
  }

  // Stops at the first living lease, so each claim is swept once, however many there are.
  #sweep(): void {
    const now = this.#now();
    for (const [stream, { expires }] of this.#leases) {
      if (expires > now) return;
      this.#leases.delete(stream);
    }
  }
}
