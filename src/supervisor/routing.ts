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
  /** Told of what goes to origins that we did not start. */
  readonly watch: Watch;
  readonly placement: Placement;
  /** The other boxes; null: there are none. */
  readonly boxes: Boxes | null;
  /** By which boxes know each other. */
  readonly secret: string | null;
  /** Clients that one child takes. */
  readonly maxConnections: number;
  /** Called with a child's id whenever a client is sent there or leaves. */
  readonly stirred?: ((childId: string) => void) | undefined;
}

/** Where the children's way and the data's way meet: a stream's owner becomes an address to dial. */
export class Routing {
  readonly #parts: RoutingParts;

  constructor(parts: RoutingParts) {
    this.#parts = parts;
  }

  /** The stream's owner, which it is given now where it has none; null while no child can take it. */
  async route(stream: StreamKey, role: Role): Promise<Route | null> {
    return this.#toRoute(await this.#parts.placement.acquire(stream, role));
  }

  /** The stream's owner, or null where it has none. */
  async find(stream: StreamKey, role: Role): Promise<Route | null> {
    return this.#toRoute(await this.#parts.placement.find(stream, role));
  }

  /** Resolves true once the stream is published, false when the signal aborts. */
  whenPublished(stream: StreamKey, signal: AbortSignal): Promise<boolean> {
    return this.#parts.placement.whenPublished(stream, signal);
  }

  /** The same once its publisher is on the way. */
  whenPublishing(stream: StreamKey, signal: AbortSignal): Promise<boolean> {
    return this.#parts.placement.whenPublishing(stream, signal);
  }

  /**
   * Whether all that is published would be known here: origins that we did not start may have streams
   * that nobody tells us of, or that they fetch when a player comes.
   */
  get knowsPublishers(): boolean {
    return this.#parts.owners.areOurs;
  }

  /** Whether the child lives that very life, or is about to. */
  isAlive({ id, generation }: OwnerRef): boolean {
    return this.#parts.owners.status(id)?.generation === generation;
  }

  /** Where that life of a child answers HTTP; null once it has ended. */
  httpOf(ref: OwnerRef): { host: string; port: number } | null {
    const child = this.#parts.owners.status(ref.id);
    if (child === null || child.pid === null || !this.isAlive(ref)) return null;
    return { host: child.host ?? LOOPBACK, port: child.ports.http };
  }

  /** What the owner's HTTP API asks for: that of another box the same as our children's. */
  authorizationOf({ id, box }: OwnerRef): string | null {
    return this.#parts.owners.access(box === undefined ? id : '').authorization;
  }

  /** Whether that is the address of another box. */
  isBox(ip: string): boolean {
    const others = this.#parts.boxes?.list().values() ?? [];
    return Array.from(others).some(({ host }) => host === ip);
  }

  #toRoute(hold: Hold | null): Route | null {
    if (hold === null) return null;
    const { owner } = hold;
    if (owner.box !== undefined) return this.#toBox(hold, owner.box);
    const child = this.#parts.owners.status(owner.id);
    if (child !== null && !this.#isFull(owner.id)) return this.#toChild(hold, child);
    hold.release();
    return null;
  }

  #toChild(hold: Hold, { host = LOOPBACK, ports, server }: ChildStatus): Route {
    const { owner, stream, role } = hold;
    if (server === undefined) return { owner, host, ports, release: this.#stirring(hold) };
    const { watch } = this.#parts;
    if (role === 'publish') watch.publisherComes(stream, owner);
    const release = (fault?: Fault) => {
      hold.release();
      if (fault === 'refused') watch.suspect(owner);
      else if (role === 'publish') watch.publisherLeft(stream, owner);
    };
    return { owner, host, isForeign: true, ports, release };
  }

  /** Tells now and at the release that the child's streams and clients change. */
  #stirring(hold: Hold): () => void {
    const { stirred } = this.#parts;
    const { id } = hold.owner;
    stirred?.(id);
    return () => {
      hold.release();
      stirred?.(id);
    };
  }

  /** By way of the box that has the child. */
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

  /** For a client that another box sends to that very child; null where it cannot have it. */
  async admit(owner: OwnerRef, wanted: PeerWanted | null): Promise<Route | null> {
    const child = this.#serving(owner);
    if (child === null) return null;
    const { host = LOOPBACK, ports } = child;
    if (wanted === null) return { owner, host, ports, release: () => {} };
    return this.#toRoute(await this.#parts.placement.admit(wanted.stream, wanted.role, owner));
  }

  /** That very life of a child, while it serves. */
  #serving(ref: OwnerRef): ChildStatus | null {
    const child = this.#parts.owners.status(ref.id);
    if (child === null || !isServing(child.state)) return null;
    return child.generation === ref.generation ? child : null;
  }

  /** SRS accepts nothing at all any more once it has refused one connection: it must never come to it. */
  #isFull(childId: string): boolean {
    return this.#parts.placement.counts(childId).clients > this.#parts.maxConnections;
  }
}
