import { threadId } from 'node:worker_threads';
import { type ChildRef, isGoneWith } from '../child/types.js';
import { formatAddress } from '../config/address.js';
import type { RelayedConnection } from '../relay/relay.js';
import { Roster } from '../roster.js';
import type { Role, StreamKey } from '../stream-key.js';
import type { ConnectionRow } from './front.js';

/** Begins the ids of a thread's connections: those of all threads differ. */
const THREAD = threadId === 0 ? '' : `${threadId.toString(36)}-`;

/** What is relayed for a client, by whatever way. */
export interface Relayed extends Pick<RelayedConnection, 'bytesIn' | 'bytesOut' | 'destroy'> {
  readonly ended: Promise<unknown>;
}

/** One client connection, from accept to close. What is null is not known yet. */
export class Connection {
  readonly id: string;
  /** `ip:port`. */
  client: string;
  /** What limits count by. */
  readonly ip: string;
  readonly port: number;
  /** Milliseconds since 1970. */
  readonly since: number;
  role: Role | null = null;
  stream: StreamKey | null = null;
  owner: ChildRef | null = null;
  alias: string | null = null;
  /** By which the user's hooks know it that were asked before it had a child. */
  hookId: string | null = null;
  relayed: Relayed | null = null;
  /** Where its listener keeps it. */
  key = -1;
  /** Made for who asks for the signal: most connections end without one. */
  #ending: AbortController | null = null;
  #reason: Error | null = null;

  constructor(id: string, ip: string, port: number, since: number) {
    this.id = id;
    this.ip = ip;
    this.port = port;
    this.client = formatAddress({ host: ip, port });
    this.since = since;
  }

  /** Aborts when somebody wants this connection gone; its reason is an Error. */
  get signal(): AbortSignal {
    if (this.#ending === null) {
      this.#ending = new AbortController();
      if (this.#reason !== null) this.#ending.abort(this.#reason);
    }
    return this.#ending.signal;
  }

  /** Whether somebody wants it gone. */
  get isEnding(): boolean {
    return this.#reason !== null;
  }

  /** Whether it has that stream and role; what is not named fits any. */
  serves(stream = this.stream, role = this.role): boolean {
    return stream === this.stream && role === this.role;
  }

  row(): ConnectionRow {
    const { id, client, alias, stream, role, since, relayed } = this;
    const child = this.owner?.id ?? null;
    const bytes = { bytesIn: relayed?.bytesIn ?? 0, bytesOut: relayed?.bytesOut ?? 0 };
    return { id, client, alias, child, stream, role, ...bytes, since };
  }

  end(reason: Error): void {
    this.#reason ??= reason;
    this.#ending?.abort(reason);
    this.relayed?.destroy();
  }
}

/** The limit that refused a connection; `drain`: the box ends, and lets nobody in any more. */
export type Refusal = 'connections' | 'connectionsPerIp' | 'drain';

/** How many connections may be open, in all and from one address (0: any number). */
export interface ConnectionLimits {
  readonly connections: number;
  readonly connectionsPerIp: number;
}

/** Limits that several listeners keep to together. */
export class ConnectionBudget implements ConnectionLimits {
  readonly connections: number;
  readonly connectionsPerIp: number;
  readonly #perIp = new Map<string, number>();
  #open = 0;
  #isShut = false;

  constructor({ connections, connectionsPerIp }: ConnectionLimits) {
    this.connections = connections;
    this.connectionsPerIp = connectionsPerIp;
  }

  /** From here on nobody is let in. */
  shut(): void {
    this.#isShut = true;
  }

  /** Null: it is counted in. */
  take(ip: string): Refusal | null {
    const ofThisIp = this.#perIp.get(ip) ?? 0;
    if (this.#isShut) return 'drain';
    if (this.#open >= this.connections) return 'connections';
    if (this.connectionsPerIp > 0 && ofThisIp >= this.connectionsPerIp) return 'connectionsPerIp';
    this.#open += 1;
    this.#perIp.set(ip, ofThisIp + 1);
    return null;
  }

  giveBack(ip: string): void {
    this.#open -= 1;
    const left = (this.#perIp.get(ip) ?? 1) - 1;
    if (left > 0) this.#perIp.set(ip, left);
    else this.#perIp.delete(ip);
  }
}

/** The open connections of one listener, within its limits. */
export class Connections {
  readonly #open = new Roster<Connection>();
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

  /** `id`: the one it has had elsewhere; default: the next of ours. */
  open(ip: string, port: number, now: number, id?: string): Connection | Refusal {
    const refusal = this.#budget.take(ip);
    if (refusal !== null) return refusal;
    const connection = new Connection(id ?? this.#nextId(), ip, port, now);
    connection.key = this.#open.add(connection);
    return connection;
  }

  closed(connection: Connection): void {
    if (!this.#open.delete(connection.key)) return;
    this.#pastIn += connection.relayed?.bytesIn ?? 0;
    this.#pastOut += connection.relayed?.bytesOut ?? 0;
    this.#budget.giveBack(connection.ip);
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

  /** See `Front.endOf`. */
  endOf(owner: ChildRef, reason: Error, stream?: StreamKey, role?: Role): void {
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

  #nextId(): string {
    this.#counter += 1;
    return THREAD + this.#counter.toString(36).padStart(6, '0');
  }
}
