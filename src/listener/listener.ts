/**
 * The room `listener/`: ports for clients: limits, identification, and dialling of children.
 * May import: access, child, child-access, collections, config, logging, protocol, registry,
 * relay, system.
 */

import type { AddressInfo } from 'node:net';
import type { OwnerRef } from '../owner.js';
import type { Role, StreamKey } from '../stream-key.js';
import type { LimitName } from './budget.js';

/**
 * The kinds of reasons for which a client is not served. `hook`: the user's hook refused a player
 * that would have waited for its stream. `full`: too many players wait already. `shed`: the client
 * had not said what it wants, and made room for others. `registry`: the registry does not answer, or
 * refuses. `internal`: an error that nobody foresaw.
 */
export type Failure =
  | 'silent'
  | 'invalid'
  | 'left'
  | 'no-child'
  | 'child'
  | 'access'
  | 'hook'
  | 'full'
  | 'shed'
  | 'registry'
  | 'internal';

/** What has become of the clients so far. */
export interface ListenerCounters {
  readonly accepted: number;
  /** Relayed to a child, and ended since. */
  readonly relayed: number;
  /** Turned away unread by a limit on connections. */
  readonly refused: number;
  /** The same by limit. */
  readonly refusedBy: Readonly<Record<LimitName, number>>;
  readonly failed: Readonly<Record<Failure, number>>;
}

/** What one child's clients are doing. */
export interface ChildTraffic {
  readonly connections: number;
  /** Bits per second, both ways, over the last interval. */
  readonly bitrate: number;
  /** The part of it that goes to clients. */
  readonly bitrateOut: number;
}

/** All of a listener in a few numbers; at most a second or two old. */
export interface ListenerSummary {
  readonly counters: ListenerCounters;
  /** Open now. */
  readonly connections: number;
  /** From clients, and to clients, since the start. */
  readonly bytesIn: number;
  readonly bytesOut: number;
  /** By child id; a child without clients is left out. */
  readonly traffic: ReadonlyMap<string, ChildTraffic>;
}

/** One open connection, as plain values; what is not known yet is null. */
export interface ConnectionRow {
  readonly id: string;
  /** The client's own address and port. */
  readonly client: string;
  /** The 127.x.y.z address that stands for the client in its child; null where it has none. */
  readonly alias: string | null;
  readonly child: string | null;
  readonly stream: StreamKey | null;
  readonly role: Role | null;
  readonly bytesIn: number;
  readonly bytesOut: number;
  /** Milliseconds since 1970. */
  readonly since: number;
}

/** A port that clients come to, whether one thread serves it or many. */
export interface Listener {
  /** Resolves when the port takes connections; rejects with ERR_LISTEN when it cannot be had. */
  start(): Promise<void>;
  /** The address that was bound, with the port that the kernel chose for 0; null while closed. */
  address(): AddressInfo | null;
  summary(): ListenerSummary;
  rows(): Promise<ConnectionRow[]>;
  /**
   * Ends every connection that this life of a child, or an earlier one, was serving; of one stream, and
   * of one role in it, where those are named.
   */
  endOf(owner: OwnerRef, reason: string, stream?: StreamKey, role?: Role): void;
  /** Stops accepting and ends what is open. */
  close(): Promise<void>;
}

/** A listener that dials children from an address of each client's own. */
export interface AliasListener extends Listener {
  /** `ip:port` of the client behind an alias, or null when it is nobody's here. */
  clientOf(alias: string): Promise<string | null>;
}
