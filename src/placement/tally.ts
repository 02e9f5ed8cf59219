import type { OwnerRef } from '../owner.js';

/** Counts of one child: streams it owns or is about to own, and clients that hold them. */
export interface ChildCounts {
  readonly streams: number;
  readonly clients: number;
}

/** A client in the counts of its owner. */
export interface CountedClient {
  /** Notes that the client has no connection of its own to the owner. */
  share(): void;
  /** Ends the count; returns false if it had ended already. */
  leave(): boolean;
}

const NONE: ChildCounts = Object.freeze({ streams: 0, clients: 0 });

/** Running counts per child, so that placing a stream need not iterate over all streams. */
export class Tally {
  readonly #counts = new Map<string, ChildCounts>();
  /** Clients by child that have no connection of their own to it. */
  readonly #sharing = new Map<string, number>();

  of(childId: string): ChildCounts {
    return this.#counts.get(childId) ?? NONE;
  }

  /** Returns the connections that a child has of its clients. */
  connectionsOf(childId: string): number {
    return this.of(childId).clients - (this.#sharing.get(childId) ?? 0);
  }

  /** Counts a client of an owner until it leaves. */
  enter(owner: OwnerRef): CountedClient {
    this.addTo(owner, 0, 1);
    let state: 'own' | 'sharing' | 'left' = 'own';
    return {
      share: () => {
        if (state !== 'own') return;
        state = 'sharing';
        this.#share(owner, 1);
      },
      leave: () => {
        if (state === 'left') return false;
        this.addTo(owner, 0, -1);
        if (state === 'sharing') this.#share(owner, -1);
        state = 'left';
        return true;
      },
    };
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

  #share({ id, box }: OwnerRef, clients: number): void {
    if (box !== undefined) return;
    const sharing = (this.#sharing.get(id) ?? 0) + clients;
    if (sharing === 0) this.#sharing.delete(id);
    else this.#sharing.set(id, sharing);
  }
}
