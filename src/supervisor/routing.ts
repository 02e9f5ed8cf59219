import { type ChildStatus, isServing } from '../child/types.js';
import type { Fault, Route } from '../listener/route.js';
import type { OwnerRef } from '../owner.js';
import type { Placement } from '../placement/placement.js';
import type { Hold } from '../placement/types.js';
import type { PeerWanted } from '../protocol/peer/hello.js';
import type { Boxes } from '../registry/redis/boxes.js';
import type { Role, StreamKey } from '../stream-key.js';
import type { Watch } from '../unmanaged/watch.js';
import type { Owners } from './owners.js';

const LOOPBACK = '127.0.0.1';

export interface RoutingParts {
  readonly owners: Owners;
  /** Learns of clients that go to origins which we did not start. */
  readonly watch: Watch;
  /** Tells whether such origins fetch a stream when its first player comes. */
  readonly fetchOnPlay: () => boolean;
  readonly placement: Placement;
  /** The other boxes; null: there are none. */
  readonly boxes: Boxes | null;
  /** Shared secret of the boxes; null: they do not relay for each other. */
  readonly secret: string | null;
  /** Returns the most clients of a child. */
  readonly maxConnectionsOf: (child: OwnerRef) => number;
  /** Called with a child's id whenever a client is sent there or leaves. */
  readonly stirred?: ((childId: string) => void) | undefined;
  /** Called when a client could not connect to a child of ours. */
  readonly suspect?: (owner: OwnerRef) => void;
}

/** Turns a stream's owner into an address to dial: the children's path meets the data path. */
export class Routing {
  readonly #parts: RoutingParts;

  constructor(parts: RoutingParts) {
    this.#parts = parts;
  }

  /**
   * Returns a route to the stream's owner. Places a stream that has none, in the child `near` if
   * that has room; null if no child can take it.
   */
  async route(stream: StreamKey, role: Role, near?: OwnerRef): Promise<Route | null> {
    return this.#toRoute(await this.#parts.placement.acquire(stream, role, near));
  }

  /** Returns a route to the stream's owner; null if it has none. */
  async find(stream: StreamKey, role: Role): Promise<Route | null> {
    return this.#toRoute(await this.#parts.placement.find(stream, role));
  }

  /** Resolves to true once the stream is published, to false when the signal aborts. */
  whenPublished(stream: StreamKey, signal: AbortSignal): Promise<boolean> {
    return this.#parts.placement.whenPublished(stream, signal);
  }

  /** As `whenPublished`, but resolves already when a publisher is on the way. */
  whenPublishing(stream: StreamKey, signal: AbortSignal): Promise<boolean> {
    return this.#parts.placement.whenPublishing(stream, signal);
  }

  /**
   * True if every published stream is known here. Origins that we did not start may have streams
   * that nobody reports, or fetch them when a player comes.
   */
  get knowsPublishers(): boolean {
    const { owners, watch, fetchOnPlay } = this.#parts;
    return owners.areOurs || (!fetchOnPlay() && watch.knowsStreams);
  }

  /** Returns whether that generation of the child is the current one. */
  isAlive({ id, generation }: OwnerRef): boolean {
    return this.#parts.owners.status(id)?.generation === generation;
  }

  /** Returns the HTTP address of that generation of a child; null if it has ended. */
  httpOf(ref: OwnerRef): { host: string; port: number } | null {
    const child = this.#parts.owners.status(ref.id);
    if (child === null || child.pid === null || !this.isAlive(ref)) return null;
    return { host: child.host ?? LOOPBACK, port: child.ports.http };
  }

  /**
   * Returns the `Authorization` for the owner's HTTP API. Children of other boxes have that of
   * ours.
   */
  authorizationOf({ id, box }: OwnerRef): string | null {
    return this.#parts.owners.access(box === undefined ? id : '').authorization;
  }

  /** Returns whether this is the address of another box. */
  isBox(ip: string): boolean {
    const others = this.#parts.boxes?.list().values() ?? [];
    return Array.from(others).some(({ host }) => host === ip);
  }

  #toRoute(hold: Hold | null): Route | null {
    if (hold === null) return null;
    const { owner } = hold;
    if (owner.box !== undefined) return this.#toBox(hold, owner.box);
    const child = this.#parts.owners.status(owner.id);
    if (child !== null && !this.#isFull(owner)) return this.#toChild(hold, child);
    hold.release();
    return null;
  }

  #toChild(hold: Hold, { host = LOOPBACK, ports, server }: ChildStatus): Route {
    const { owner, stream, role } = hold;
    if (server === undefined) return this.#toOwnChild(hold, host, ports);
    const { watch } = this.#parts;
    if (role === 'publish') watch.publisherComes(stream, owner);
    const release = (fault?: Fault) => {
      hold.release();
      if (fault === 'refused') watch.suspect(owner);
      else if (role === 'publish') watch.publisherLeft(stream, owner);
    };
    return { owner, host, isForeign: true, ports, shares: () => hold.shares(), release };
  }

  #toOwnChild(hold: Hold, host: string, ports: Route['ports']): Route {
    const { owner } = hold;
    return { owner, host, ports, shares: () => hold.shares(), release: this.#stirring(hold) };
  }

  /** Tells now and at the release that the child's streams and clients change. */
  #stirring(hold: Hold): Route['release'] {
    const { stirred, suspect } = this.#parts;
    const { owner } = hold;
    stirred?.(owner.id);
    return (fault) => {
      hold.release();
      stirred?.(owner.id);
      if (fault === 'refused') suspect?.(owner);
    };
  }

  /** Returns a route through the box that has the child. */
  #toBox(hold: Hold, id: string): Route | null {
    const { boxes, secret } = this.#parts;
    const box = boxes?.get(id) ?? null;
    if (box === null || secret === null || box.ports.peer === 0) {
      hold.release();
      return null;
    }
    const { owner, stream, role } = hold;
    const release = (fault?: Fault) => hold.release(fault === 'gone');
    const { host, ports } = box;
    const child = { child: owner.id, generation: owner.generation, wanted: { stream, role } };
    const via = { host, port: ports.peer, secret, ...child };
    return { owner, host, ports, via, release };
  }

  /**
   * Returns a route for a client that another box sends to that child; null if the child cannot
   * take it.
   */
  async admit(owner: OwnerRef, wanted: PeerWanted | null): Promise<Route | null> {
    const child = this.#serving(owner);
    if (child === null) return null;
    const { host = LOOPBACK, ports } = child;
    if (wanted === null) return { owner, host, ports, release: () => {} };
    return this.#toRoute(await this.#parts.placement.admit(wanted.stream, wanted.role, owner));
  }

  /**
   * Counts in a client that the program before this one sent to that owner; resolves with what ends
   * that. Never rejects: a client that cannot be counted is served all the same.
   */
  async readmit(stream: StreamKey, role: Role, owner: OwnerRef): Promise<() => void> {
    const { placement } = this.#parts;
    const isHere = owner.box === undefined;
    const asking = isHere ? placement.admit(stream, role, owner) : placement.acquire(stream, role);
    const hold = await asking.catch(() => null);
    if (hold === null) return () => {};
    return isHere ? this.#stirring(hold) : () => hold.release();
  }

  /** Returns that generation of a child if it serves. */
  #serving(ref: OwnerRef): ChildStatus | null {
    const child = this.#parts.owners.status(ref.id);
    if (child === null || !isServing(child.state)) return null;
    return child.generation === ref.generation ? child : null;
  }

  /**
   * Returns whether the child has as many clients as it may have. An SRS that has refused one
   * connection accepts none on that port ever after, so it must never have to refuse one.
   */
  #isFull(child: OwnerRef): boolean {
    const { placement, maxConnectionsOf } = this.#parts;
    return placement.connections(child.id) > maxConnectionsOf(child);
  }
}
