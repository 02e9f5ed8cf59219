import type { Fleet } from '../child/fleet.js';
import type { ChildPorts, ChildRef } from '../child/types.js';
import type { Route } from '../listener/route.js';
import type { Placement } from '../placement/placement.js';
import type { Candidate, Hold } from '../placement/types.js';
import type { PeerWanted } from '../protocol/peer/hello.js';
import type { Boxes } from '../registry/redis/boxes.js';
import type { Role, StreamKey } from '../stream-key.js';
import type { Fronts } from './fronts.js';

export interface RoutingParts {
  readonly fleet: Fleet;
  readonly placement: Placement;
  /** The other boxes; null: there are none. */
  readonly boxes: Boxes | null;
  /** By which boxes know each other. */
  readonly secret: string | null;
  /** Clients that one child takes. */
  readonly maxConnections: number;
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

  /** Whether the child lives that very life, or is about to. */
  isAlive({ id, generation }: ChildRef): boolean {
    return this.#parts.fleet.status(id)?.generation === generation;
  }

  /** Where that life of a child answers HTTP; null once it has ended. */
  httpOf(ref: ChildRef): { host: string; port: number } | null {
    const child = this.#parts.fleet.status(ref.id);
    if (child === null || child.pid === null || !this.isAlive(ref)) return null;
    return { host: '127.0.0.1', port: child.ports.http };
  }

  #toRoute(hold: Hold | null): Route | null {
    if (hold === null) return null;
    const { owner } = hold;
    if (owner.box !== undefined) return this.#toBox(hold, owner.box);
    const child = this.#parts.fleet.status(owner.id);
    if (child !== null && !this.#isFull(owner.id)) {
      const release = () => hold.release();
      return { owner, host: '127.0.0.1', ports: child.ports, release };
    }
    hold.release();
    return null;
  }

  /** By way of the box that has the child. */
  #toBox(hold: Hold, id: string): Route | null {
    const { boxes, secret } = this.#parts;
    const box = boxes?.get(id) ?? null;
    if (box === null || secret === null || box.ports.peer === 0) {
      hold.release();
      return null;
    }
    const { owner, release, stream, role } = hold;
    const { host, ports } = box;
    const child = { child: owner.id, generation: owner.generation, wanted: { stream, role } };
    const via = { host, port: ports.peer, secret, ...child };
    return { owner, host, ports, via, release };
  }

  /** For a client that another box sends to that very child; null where it cannot have it. */
  async admit(owner: ChildRef, wanted: PeerWanted | null): Promise<Route | null> {
    const ports = this.#portsOf(owner);
    if (ports === null) return null;
    if (wanted === null) return { owner, host: '127.0.0.1', ports, release: () => {} };
    return this.#toRoute(await this.#parts.placement.admit(wanted.stream, wanted.role, owner));
  }

  /** The ports of that very life of a child, while it serves. */
  #portsOf(ref: ChildRef): ChildPorts | null {
    const child = this.#parts.fleet.status(ref.id);
    const serves = child?.state === 'ready' || child?.state === 'draining';
    return serves && child.generation === ref.generation ? child.ports : null;
  }

  /** SRS accepts nothing at all any more once it has refused one connection: it must never come to it. */
  #isFull(childId: string): boolean {
    return this.#parts.placement.counts(childId).clients > this.#parts.maxConnections;
  }
}

/** The children as placement chooses among them. */
export function candidatesOf(
  fleet: Fleet,
  fronts: Fronts,
  countsOf: Placement['counts'],
  maxConnections: number,
): Candidate[] {
  const traffic = fronts.traffic();
  return fleet.statuses().map(({ id, generation, state, answering, cpu }) => {
    const { streams, clients } = countsOf(id);
    const { bitrate = 0 } = traffic.get(id) ?? {};
    const open = state === 'ready' && answering;
    const alive = state === 'ready' || state === 'draining';
    const load = { cpu, connections: clients, maxConnections, streams, bitrate };
    return { id, generation, alive, open, ...load };
  });
}
