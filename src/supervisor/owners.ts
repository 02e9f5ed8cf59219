import type { Fleet } from '../child/fleet.js';
import type { ChildStatus } from '../child/types.js';
import { type Bounds, OF_CHILDREN, OF_ORIGINS } from '../child-access/exchange.js';
import type { Origins } from '../unmanaged/origins.js';

/** How an owner's HTTP API is asked. */
export interface ApiAccess {
  /** The `Authorization` that it asks for, or null. */
  readonly authorization: string | null;
  /** What its answers may come to. */
  readonly bounds: Bounds;
}

/** All that streams can belong to: our children, and the origins that registered. */
export class Owners {
  readonly #fleet: Fleet;
  readonly #origins: Origins;
  readonly #authorization: string | null;

  /** `authorization`: what the APIs of our children ask for. */
  constructor(fleet: Fleet, origins: Origins, authorization: string | null) {
    this.#fleet = fleet;
    this.#origins = origins;
    this.#authorization = authorization;
  }

  /** In the order of their ids, children first. */
  statuses(): ChildStatus[] {
    return [...this.#fleet.statuses(), ...this.#origins.statuses()];
  }

  /** Whether all that serve are our children. */
  get areOurs(): boolean {
    return !this.#origins.areAny;
  }

  status(id: string): ChildStatus | null {
    return this.#fleet.status(id) ?? this.#origins.status(id);
  }

  /** Whoever registered never hears what our children ask for. */
  access(id: string): ApiAccess {
    const origin = this.#origins.access(id);
    if (origin !== null) return { authorization: origin.authorization, bounds: OF_ORIGINS };
    return { authorization: this.#authorization, bounds: OF_CHILDREN };
  }
}
