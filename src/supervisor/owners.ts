import type { Fleet } from '../child/fleet.js';
import type { ChildStatus } from '../child/types.js';
import { type Bounds, OF_CHILDREN, OF_ORIGINS } from '../child-access/exchange.js';
import type { Origins } from '../unmanaged/origins.js';

/** Credentials and bounds for requests to an owner's HTTP API. */
export interface ApiAccess {
  /** The `Authorization` header; null: none. */
  readonly authorization: string | null;
  /** Limits of its answers. */
  readonly bounds: Bounds;
}

/** All possible owners of streams: our children, and the origins that registered. */
export class Owners {
  readonly #fleet: Fleet;
  readonly #origins: Origins;
  readonly #authorization: string | null;

  /** `authorization`: header for our children's APIs. */
  constructor(fleet: Fleet, origins: Origins, authorization: string | null) {
    this.#fleet = fleet;
    this.#origins = origins;
    this.#authorization = authorization;
  }

  /** Children first, each group in the order of ids. */
  statuses(): ChildStatus[] {
    return [...this.#fleet.statuses(), ...this.#origins.statuses()];
  }

  /** True if all owners are our children. */
  get areOurs(): boolean {
    return !this.#origins.areAny;
  }

  status(id: string): ChildStatus | null {
    return this.#fleet.status(id) ?? this.#origins.status(id);
  }

  /** An origin never gets our children's credentials. */
  access(id: string): ApiAccess {
    const origin = this.#origins.access(id);
    if (origin !== null) return { authorization: origin.authorization, bounds: OF_ORIGINS };
    return { authorization: this.#authorization, bounds: OF_CHILDREN };
  }
}
