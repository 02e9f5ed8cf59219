import type { OwnerRef } from '../owner.js';

/** Counts of one child: streams it owns or is about to own, and clients that hold them. */
export interface ChildCounts {
  readonly streams: number;
  readonly clients: number;
}

const NONE: ChildCounts = Object.freeze({ streams: 0, clients: 0 });

/** Running counts per child, so that placing a stream need not iterate over all streams. */
export class Tally {
  readonly #counts = new Map<string, ChildCounts>();

  of(childId: string): ChildCounts {
    return this.#counts.get(childId) ?? NONE;
  }

  /** Counts for a child of this box; other boxes count their own. */
  addTo({ id, box }: OwnerRef, streams: number, clients: number): void {
    if (box === undefined) this.add(id, streams, clients);
  }

  /** Adds to a child's counts; a child with both at 0 is removed. */
  add(childId: string, streams: number, clients: number): void {
    const before = this.of(childId);
    const after = { streams: before.streams + streams, clients: before.clients + clients };
    if (after.streams === 0 && after.clients === 0) this.#counts.delete(childId);
    else this.#counts.set(childId, after);
  }
}
