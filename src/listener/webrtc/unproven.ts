import type { Socket } from 'node:net';
import { networkOf } from '../client-address.js';

export interface UnprovenLimits {
  /** Most connections in all. */
  readonly max: number;
  /** Most connections of one address. */
  readonly maxPerIp: number;
}

/**
 * Connections that have not proved that they belong to a session. There is always room for one
 * more, because a real client proves itself with its first packet: the oldest connection is closed,
 * of the same address first.
 */
export class Unproven {
  readonly #limits: UnprovenLimits;
  /** By address, oldest first. */
  readonly #owners = new Map<Socket, string>();
  readonly #byOwner = new Map<string, Set<Socket>>();

  constructor(limits: UnprovenLimits) {
    this.#limits = limits;
  }

  get size(): number {
    return this.#owners.size;
  }

  add(socket: Socket, ip: string): void {
    const owner = networkOf(ip);
    const own = this.#byOwner.get(owner) ?? new Set();
    if (own.size >= this.#limits.maxPerIp) this.#end(own);
    else if (this.size >= this.#limits.max) this.#end(this.#owners.keys());
    this.#owners.set(socket, owner);
    this.#byOwner.set(owner, own.add(socket));
  }

  /** Removes a connection that has proved itself, or is closed. */
  delete(socket: Socket): void {
    const owner = this.#owners.get(socket);
    if (owner === undefined) return;
    this.#owners.delete(socket);
    const own = this.#byOwner.get(owner);
    own?.delete(socket);
    if (own?.size === 0) this.#byOwner.delete(owner);
  }

  close(): void {
    for (const socket of this.#owners.keys()) socket.destroy();
  }

  #end(oldestFirst: Iterable<Socket>): void {
    for (const socket of oldestFirst) {
      this.delete(socket);
      socket.resetAndDestroy();
      return;
    }
  }
}
