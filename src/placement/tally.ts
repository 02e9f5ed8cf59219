import type { OwnerRef } from '../owner.js';

/** What one child has through us: streams it owns (or is about to), clients that hold them. */
export interface ChildCounts {
  readonly streams: number;
  readonly clients: number;
}

const NONE: ChildCounts = Object.freeze({ streams: 0, clients: 0 });

/** Running counts per child, so that nobody walks over all streams to place one. */
export class Tally {
  readonly #counts = new Map<string, ChildCounts>();

  of(childId: string): ChildCounts {
    return this.#counts.get(childId) ?? NONE;
  }

  /** Counts for children of this box; others know of their own. */
  addTo({ id, box }: OwnerRef, streams: number, clients: number): void {
    if (box === undefined) this.add(id, streams, clients);
  }

  /** Adds to a child's counts; a child with nothing left is forgotten. */
  add(childId: string, streams: number, clients: number): void {
    const before = this.of(childId);
    const after = { streams: before.streams + streams, clients: before.clients + clients };
    if (after.streams === 0 && after.clients === 0) this.#counts.delete(childId);
    else this.#counts.set(childId, after);
  }
}
