import { threadId } from 'node:worker_threads';
import { Histogram } from '../collections/histogram.js';
import { SlotMap } from '../collections/slot-map.js';
import { formatAddress } from '../config/address.js';
import { isGoneWith, type OwnerRef } from '../owner.js';
import type { Role, StreamKey } from '../stream-key.js';
import type { AliasBook } from './aliases.js';
import { ConnectionBudget, type ConnectionLimits, type LimitName } from './budget.js';
import { Ending } from './ending.js';
import type { ConnectionRow } from './listener.js';
import { type Bytes, NO_BYTES, plus, type Relayed } from './relayed.js';
import { SessionError } from './session-error.js';
import type { Place } from './shared-counts.js';

/** Prefix of this thread's connection ids, which makes them unique across threads. */
const THREAD = threadId === 0 ? '' : `${threadId.toString(36)}-`;

/** Bounds of the time until a player is served, in seconds. */
const PLAYING_BOUNDS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

/** Number of this thread's connections so far, on all its listeners. */
let counter = 0;

/** Address and arrival of a client. */
export interface ClientEntry {
  readonly ip: string;
  readonly port: number;
  /** Milliseconds since 1970. */
  readonly since: number;
}

/** One client connection, from accept to close. Null: not yet known. */
export class Connection extends Ending {
  readonly id: string;
  /** The address that limits count by. */
  readonly ip: string;
  readonly port: number;
  /** Milliseconds since 1970. */
  readonly since: number;
  /** Position in the listener's collection. */
  key = -1;
  /** Position in the budget's counts. */
  place: Place;
  /** The relay's word for the connection's end; null: it was not relayed, or is still. */
  relayEnd: string | null = null;
  /** Called once, with the milliseconds from when a player could be served until it was. */
  onPlaying: ((ms: number) => void) | null = null;
  /** Called once when the client is not pending any more. */
  onSettled: (() => void) | null = null;
  #client: string;
  #stream: StreamKey | null = null;
  #role: Role | null = null;
  #owner: OwnerRef | null = null;
  #relayed: Relayed | null = null;
  /** Bytes of relays that have ended. */
  #past = NO_BYTES;
  #alias: string | null = null;
  #hookId: string | null = null;
  /** Its arrival, or the end of its wait for a publisher; milliseconds since 1970. */
  #readyAt: number;

  constructor({ id, ip, port, since, place }: ClientEntry & { id: string; place: Place }) {
    super();
    this.id = id;
    this.ip = ip;
    this.port = port;
    this.#client = formatAddress({ host: ip, port });
    this.since = since;
    this.#readyAt = since;
    this.place = place;
  }

  /** The client's own address, `ip:port`. */
  get client(): string {
    return this.#client;
  }

  get stream(): StreamKey | null {
    return this.#stream;
  }

  get role(): Role | null {
    return this.#role;
  }

  get owner(): OwnerRef | null {
    return this.#owner;
  }

  get relayed(): Relayed | null {
    return this.#relayed;
  }

  /** The 127.x.y.z address from which children are dialled for the client. */
  get alias(): string | null {
    return this.#alias;
  }

  /** The id by which the user's hooks know a client that waited without a child. */
  get hookId(): string | null {
    return this.#hookId;
  }

  /** Sets the client's address to one that it moved to, or that a trusted box or proxy names. */
  comesFrom(client: string): void {
    this.#client = client;
  }

  /** Notes the stream that the client has named; it is not pending any more. */
  named(stream: StreamKey, role: Role): void {
    this.#stream = stream;
    this.#role = role;
    this.settle();
  }

  /** Notes that the user's hooks know the client by this id. */
  knownToHooks(id: string): void {
    this.#hookId = id;
  }

  /** Returns the client's alias, taking one if it has none; null: this machine lends none. */
  takeAlias(aliases: AliasBook): string | null {
    this.#alias ??= aliases.take({ id: this.id, client: this.#client });
    return this.#alias;
  }

  releaseAlias(aliases: AliasBook): void {
    aliases.release(this.#alias);
    this.#alias = null;
  }

  /** Notes that the client has waited for its publisher until now. */
  hasWaited(): void {
    this.#readyAt = Date.now();
  }

  /** Assigns the client to an owner, with which it ends. */
  assigned(owner: OwnerRef): void {
    this.#owner = owner;
  }

  /** Notes the client's relayed connection. */
  carriedBy(relayed: Relayed | null): void {
    if (relayed === this.#relayed) return;
    this.#relayed = relayed;
    void relayed?.ended.then((end) => {
      if (typeof end === 'string') this.relayEnd = end;
    });
  }

  /** Notes the owner, with which the client ends, and the relayed connection. */
  servedBy(owner: OwnerRef | null, relayed: Relayed): void {
    this.#owner = owner;
    this.carriedBy(relayed);
    const told = this.onPlaying;
    this.onPlaying = null;
    if (this.#role === 'play') told?.((relayed.startedAt ?? Date.now()) - this.#readyAt);
  }

  /** Notes that the client has left its child, and will be brought to another one. */
  leftChild(): void {
    this.#past = this.bytes;
    this.#relayed = null;
    this.relayEnd = null;
    this.#owner = null;
  }

  /** Bytes relayed from and to the client so far. */
  get bytes(): Bytes {
    return this.#relayed === null ? this.#past : plus(this.#past, this.#relayed);
  }

  /** Returns whether the client has that stream and role; an omitted one fits any. */
  serves(stream = this.#stream, role = this.#role): boolean {
    return stream === this.#stream && role === this.#role;
  }

  row(): ConnectionRow {
    const { id, client, alias, stream, role, since, bytes } = this;
    return { id, client, alias, child: this.#owner?.id ?? null, stream, role, ...bytes, since };
  }

  /** Notes that the client is not pending any more. */
  settle(): void {
    const told = this.onSettled;
    this.onSettled = null;
    told?.();
  }

  override end(reason: Error): void {
    super.end(reason);
    this.#relayed?.destroy();
  }
}

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
    return typeof place === 'string'
      ? place
      : this.#add({ id: this.#nextId(), ip, port, since, place });
  }

  /** Takes over a client that thread `member` has counted in under this id. */
  adopt(
    entry: ClientEntry & { readonly id: string; readonly place: Place },
    member: number,
  ): Connection {
    this.#budget.adopt(entry.place, member);
    return this.#add(entry);
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

  #nextId(): string {
    counter += 1;
    return THREAD + counter.toString(36).padStart(6, '0');
  }
}
