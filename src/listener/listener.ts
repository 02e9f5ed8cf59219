/**
 * The room `listener/`: ports for clients: limits, identification, and dialling of children.
 * May import: access, child, child-access, collections, config, events, logging, protocol,
 * registry, relay, system.
 */

import type { AddressInfo } from 'node:net';
import type { OwnerRef } from '../owner.js';
import type { Role, StreamKey } from '../stream-key.js';
import type { AliasHolder } from './aliases.js';
import type { LimitName } from './budget.js';

/**
 * Kinds of reasons for which a client is not served. `access`: the rules refuse its address.
 * `token`: its access token is missing or not valid. `busy`: another publisher has the stream.
 * `hook`: the user's hook refused a player that would have waited. `full`: too many players wait.
 * `shed`: the client was pending and made room for others. `registry`: the registry does not
 * answer, or refuses. `internal`: an unforeseen error.
 */
export type Failure =
  | 'silent'
  | 'invalid'
  | 'left'
  | 'no-child'
  | 'child'
  | 'access'
  | 'token'
  | 'busy'
  | 'hook'
  | 'full'
  | 'shed'
  | 'registry'
  | 'internal';

/** Counts of clients since the start. */
export interface ListenerCounters {
  readonly accepted: number;
  /** Relayed to a child, and ended since. */
  readonly relayed: number;
  /** Refused unread by a limit on connections. */
  readonly refused: number;
  /** The same by limit. */
  readonly refusedBy: Readonly<Record<LimitName, number>>;
  readonly failed: Readonly<Record<Failure, number>>;
}

/** Traffic of one child's clients. */
export interface ChildTraffic {
  readonly connections: number;
  /** Bits per second, both ways, over the last interval. */
  readonly bitrate: number;
  /** The part that goes to clients. */
  readonly bitrateOut: number;
}

/** Summary of a listener, at most a second or two old. */
export interface ListenerSummary {
  readonly counters: ListenerCounters;
  /** Open now. */
  readonly connections: number;
  /** Bytes from clients and to clients since the start. */
  readonly bytesIn: number;
  readonly bytesOut: number;
  /** By child id; children without clients are omitted. */
  readonly traffic: ReadonlyMap<string, ChildTraffic>;
}

/** One open connection, as plain values; null: not yet known. */
export interface ConnectionRow {
  /** Unique within this process. */
  readonly id: string;
  /** The client's own address and port. */
  readonly client: string;
  /** The 127.x.y.z address of the client in its child; null if it has none. */
  readonly alias: string | null;
  readonly child: string | null;
  readonly stream: StreamKey | null;
  readonly role: Role | null;
  readonly bytesIn: number;
  readonly bytesOut: number;
  /** Milliseconds since 1970. */
  readonly since: number;
}

/** A port for clients, served by one thread or several. */
export interface Listener {
  /** Resolves when the port accepts connections; rejects with ERR_LISTEN if it cannot be bound. */
  start(): Promise<void>;
  /** Returns the bound address, with the kernel's port for 0; null while closed. */
  address(): AddressInfo | null;
  summary(): ListenerSummary;
  rows(): Promise<ConnectionRow[]>;
  /**
   * Ends every connection to this generation of an owner, or an earlier one; if given, only of one
   * stream, and of one role in it.
   */
  endOf(owner: OwnerRef, reason: string, stream?: StreamKey, role?: Role): void;
  /** Ends the connections that fit, for that reason; returns what they were. */
  kick(fits: (row: ConnectionRow) => boolean, reason: string): ConnectionRow[];
  /** Stops accepting and ends open connections. */
  close(): Promise<void>;
}

/** A listener that dials children from an address of each client's own. */
export interface AliasListener extends Listener {
  /** Returns the connection that has an alias; null if the alias is unused. */
  holderOf(alias: string): Promise<AliasHolder | null>;
}
