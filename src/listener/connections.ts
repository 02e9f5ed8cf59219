import { Histogram } from '../collections/histogram.js';
import { SlotMap } from '../collections/slot-map.js';
import { isGoneWith, type OwnerRef } from '../owner.js';
import type { Role, StreamKey } from '../stream-key.js';
import type { AliasBook } from './aliases.js';
import { ConnectionBudget, type ConnectionLimits, type LimitName } from './budget.js';
import { type ClientEntry, Connection } from './connection.js';
import { nextId } from './connection-ids.js';
import type { KeptClient } from './kept.js';
import { NO_BYTES, plus } from './relayed.js';
import { SessionError } from './session-error.js';
import type { Place } from './shared-counts.js';

/** Bounds of the time until a player is served, in seconds. */
export const PLAYING_BOUNDS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

/** The open connections of one listener, within its limits. */
export class Connections {
  readonly #open = new SlotMap<Connection>();
  readonly #budget: ConnectionBudget;
  /** Seconds from when players could be served until they were, by the wall clock. */
  readonly playing = new Histogram(PLAYING_BOUNDS);
  /** Bytes of closed connections. */
  #past = NO_BYTES;

  /** `limits`: own limits, or a shared budget. */
  constructor(limits: ConnectionLimits) {
    this.#budget = limits instanceof ConnectionBudget ? limits : new ConnectionBudget(limits);
  }

  get size(): number {
    return this.#open.size;
  }

  /** Counts a client in; returns the limit if one refuses it. */
  open(ip: string, port: number, since: number): Connection | LimitName {
    const place = this.#budget.take(ip);
    return typeof place === 'string' ? place : this.#add({ id: nextId(), ip, port, since, place });
  }

  /** Takes over a client that thread `member` has counted in under this id. */
  adopt(
    entry: ClientEntry & { readonly id: string; readonly place: Place },
    member: number,
  ): Connection {
    this.#budget.adopt(entry.place, member);
    return this.#add(entry);
  }

  /** Counts in a client that another program has admitted. */
  readmit(kept: KeptClient, aliases: AliasBook | null): Connection {
    const { id, ip, port, since } = kept;
    const connection = this.#add({ id, ip, port, since, place: this.#budget.readmit(ip) });
    connection.onPlaying = null;
    connection.goesOn(kept, aliases);
    if (kept.isVouched) this.vouch(connection);
    return connection;
  }

  /**
   * Marks the client as pending: until it settles, it is the first to be closed if room is needed.
   */
  pend(connection: Connection): void {
    const client = this.#budget.pend(Date.now(), () => this.#shed(connection));
    connection.onSettled = () => this.#budget.settle(client);
  }

  /** Counts the connection for no address, because a trusted peer has sent it. */
  vouch(connection: Connection): void {
    connection.place = this.#budget.vouch(connection.place);
  }

  closed(connection: Connection): void {
    if (this.handOver(connection)) this.#budget.giveBack(connection.place);
  }

  /** Removes a client that another thread adopts; false if it was not here. */
  handOver(connection: Connection): boolean {
    if (!this.#open.delete(connection.key)) return false;
    connection.settle();
    connection.left();
    this.#past = plus(this.#past, connection.bytes);
    return true;
  }

  /** Bytes relayed from and to clients since the start, closed connections included. */
  get bytes(): { in: number; out: number } {
    const sum = [...this.#open].reduce((all, { bytes }) => plus(all, bytes), this.#past);
    return { in: sum.bytesIn, out: sum.bytesOut };
  }

  /** See `Listener.endOf`. */
  endOf(owner: OwnerRef, reason: Error, stream?: StreamKey, role?: Role): void {
    for (const connection of this.#open) {
      const own = connection.owner;
      const isTheirs = own !== null && isGoneWith(own, owner);
      if (isTheirs && connection.serves(stream, role)) connection.end(reason);
    }
  }

  endAll(reason: Error): void {
    for (const connection of this.#open) connection.end(reason);
  }

  [Symbol.iterator](): IterableIterator<Connection> {
    return this.#open[Symbol.iterator]();
  }

  #add(entry: ClientEntry & { readonly id: string; readonly place: Place }): Connection {
    const connection = new Connection(entry);
    connection.key = this.#open.add(connection);
    connection.onPlaying = (ms) => this.playing.observe(Math.max(0, ms) / 1000);
    return connection;
  }

  #shed(connection: Connection): void {
    const reason = 'closed to make room, for it had not said what it wants';
    connection.end(new SessionError('shed', reason));
    this.closed(connection);
  }
}
