import type { Fleet } from '../child/fleet.js';
import type { ChildStatus } from '../child/types.js';
import type { Origins } from '../unmanaged/origins.js';

/** All that streams can belong to: our children, and the origins that registered. */
export class Owners {
  readonly #fleet: Fleet;
  readonly #origins: Origins;

  constructor(fleet: Fleet, origins: Origins) {
    this.#fleet = fleet;
    this.#origins = origins;
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
}
