import { threadId } from 'node:worker_threads';
import { SlotMap } from '../collections/slot-map.js';
import { formatAddress } from '../config/address.js';
import { isGoneWith, type OwnerRef } from '../owner.js';
import type { RelayedConnection } from '../relay/relay.js';
import type { Role, StreamKey } from '../stream-key.js';
import type { AliasBook } from './aliases.js';
import { ConnectionBudget, type ConnectionLimits, type LimitName } from './budget.js';
import type { ConnectionRow } from './listener.js';
import { SessionError } from './session-error.js';
import type { Place } from './shared-counts.js';

/** Begins the ids of a thread's connections: those of all threads differ. */
const THREAD = threadId === 0 ? '' : `${threadId.toString(36)}-`;

/** What is relayed for a client, by whatever way. */
export interface Relayed extends Pick<RelayedConnection, 'bytesIn' | 'bytesOut' | 'destroy'> {
  readonly ended: Promise<unknown>;
}

/** Who comes in, and when. */
export interface ClientEntry {
  readonly ip: string;
  readonly port: number;
  /** Milliseconds since 1970. */
  readonly since: number;
}

/** One client connection, from accept to close. Null stands for what is not known yet. */
export class Connection {
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
  /** Called when the connection shall end, beside the signal. */
  onEnd: ((reason: Error) => void) | null = null;
  /** Called once when the client is not pending any more. */
  onSettled: (() => void) | null = null;
  #client: string;
  #stream: StreamKey | null = null;
  #role: Role | null = null;
  #owner: OwnerRef | null = null;
  #relayed: Relayed | null = null;
  #alias: string | null = null;
  #hookId: string | null = null;
  /** Made on demand: most connections end without a signal. */
  #ending: AbortController | null = null;
  #reason: Error | null = null;

  constructor({ id, ip, port, since, place }: ClientEntry & { id: string; place: Place }) {
    this.id = id;
    this.ip = ip;
    this.port = port;
    this.#client = formatAddress({ host: ip, port });
    this.since = since;
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

  /** Aborts when the connection shall end; its reason is an Error. */
  get signal(): AbortSignal {
    if (this.#ending === null) {
      this.#ending = new AbortController();
      if (this.#reason !== null) this.#ending.abort(this.#reason);
    }
    return this.#ending.signal;
  }

  /** Whether the connection shall end. */
  get isEnding(): boolean {
    return this.#reason !== null;
  }

  /** The client has another address, or one that a box or proxy in front of us tells. */
  comesFrom(client: string): void {
    this.#client = client;
  }

  /** The client has named a stream, and is not pending any more. */
  named(stream: StreamKey, role: Role): void {
    this.#stream = stream;
    this.#role = role;
    this.settle();
  }

  /** The user's hooks have been asked about the client. */
  knownToHooks(id: string): void {
    this.#hookId = id;
  }

  /** Returns the client's alias, which it gets now if it has none; null: this machine lends none. */
  takeAlias(aliases: AliasBook): string | null {
    this.#alias ??= aliases.take(this.#client);
    return this.#alias;
  }

  releaseAlias(aliases: AliasBook): void {
    aliases.release(this.#alias);
    this.#alias = null;
  }

  /** The client belongs to an owner: it ends with it. */
  assigned(owner: OwnerRef): void {
    this.#owner = owner;
  }

  /** The client is relayed. */
  carriedBy(relayed: Relayed | null): void {
    this.#relayed = relayed;
  }

  /** The client is relayed to an owner, and ends with it. */
  servedBy(owner: OwnerRef | null, relayed: Relayed): void {
    this.#owner = owner;
    this.#relayed = relayed;
  }

  /** Whether the client has that stream and role; an omitted one fits any. */
  serves(stream = this.#stream, role = this.#role): boolean {
    return stream === this.#stream && role === this.#role;
  }

  row(): ConnectionRow {
    const { id, client, alias, stream, role, since, relayed } = this;
    const child = this.#owner?.id ?? null;
    const bytes = { bytesIn: relayed?.bytesIn ?? 0, bytesOut: relayed?.bytesOut ?? 0 };
    return { id, client, alias, child, stream, role, ...bytes, since };
  }

  /** The client has told its request, so it is not pending any more. */
  settle(): void {
    const told = this.onSettled;
    this.onSettled = null;
    told?.();
  }

  end(reason: Error): void {
    this.#reason ??= reason;
    this.#ending?.abort(reason);
    this.onEnd?.(reason);
    this.#relayed?.destroy();
  }
}

/** The open connections of one listener, within its limits. */
export class Connections {
  readonly #open = new SlotMap<Connection>();
  readonly #budget: ConnectionBudget;
  #counter = 0;
  /** Bytes of the connections that are no more. */
  #pastIn = 0;
  #pastOut = 0;

  /** `limits`: its own ones, or a budget that it shares. */
  constructor(limits: ConnectionLimits) {
    this.#budget = limits instanceof ConnectionBudget ? limits : new ConnectionBudget(limits);
  }

  get size(): number {
    return this.#open.size;
  }

  /** Counts a client in, or answers by which limit it cannot come in. */
  open(ip: string, port: number, since: number): Connection | LimitName {
    const place = this.#budget.take(ip);
    return typeof place === 'string'
      ? place
      : this.#add({ id: this.#nextId(), ip, port, since, place });
  }

  /** A client that another thread, that of this number, has counted in under that id. */
  adopt(
    entry: ClientEntry & { readonly id: string; readonly place: Place },
    member: number,
  ): Connection {
    this.#budget.adopt(entry.place, member);
    return this.#add(entry);
  }

  /** The client has not said yet what it wants: until it settles, it goes first where room is needed. */
  pend(connection: Connection): void {
    const client = this.#budget.pend(Date.now(), () => this.#shed(connection));
    connection.onSettled = () => this.#budget.settle(client);
  }

  /** Somebody whom we trust has sent it: it counts for the box, and not for that address. */
  vouch(connection: Connection): void {
    connection.place = this.#budget.vouch(connection.place);
  }

  closed(connection: Connection): void {
    if (this.handOver(connection)) this.#budget.giveBack(connection.place);
  }

  /** Another thread adopts the client; false: it was not here. */
  handOver(connection: Connection): boolean {
    if (!this.#open.delete(connection.key)) return false;
    connection.settle();
    this.#pastIn += connection.relayed?.bytesIn ?? 0;
    this.#pastOut += connection.relayed?.bytesOut ?? 0;
    return true;
  }

  /** Bytes relayed so far, those of closed connections too: from clients, and to them. */
  get bytes(): { in: number; out: number } {
    const sum = { in: this.#pastIn, out: this.#pastOut };
    for (const { relayed } of this.#open) {
      sum.in += relayed?.bytesIn ?? 0;
      sum.out += relayed?.bytesOut ?? 0;
    }
    return sum;
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
    return connection;
  }

  #shed(connection: Connection): void {
    connection.end(
      new SessionError('shed', 'closed to make room, for it had not said what it wants'),
    );
    this.closed(connection);
  }

  #nextId(): string {
    this.#counter += 1;
    return THREAD + this.#counter.toString(36).padStart(6, '0');
  }
}
