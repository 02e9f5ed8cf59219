/**
 * The room `listener/`: ports for clients: limits, identification, and dialling of children.
 * May import: access, child, child-access, collections, config, events, logging, protocol,
 * registry, relay, system.
 */

import type { AddressInfo } from 'node:net';
import { z } from 'zod';
import type { Histogram } from '../collections/histogram.js';
import { BYTES, COUNT, ROLE, STREAM_KEY, TIME } from '../fields.js';
import type { OwnerRef } from '../owner.js';
import type { Role, StreamKey } from '../stream-key.js';
import type { AliasHolder } from './aliases.js';
import { LIMIT_NAMES } from './budget.js';
import { FAILURES } from './failure.js';

/** Counts of clients since the start. */
export const LISTENER_COUNTERS = z.object({
  accepted: COUNT,
  relayed: COUNT.describe('relayed to a child, and ended since'),
  refused: COUNT.describe('refused unread by a limit on connections'),
  refusedBy: z.record(z.enum(LIMIT_NAMES), COUNT).readonly().describe('the same by limit'),
  failed: z.record(z.enum(FAILURES), COUNT).readonly().describe('not served, by reason'),
});
export type ListenerCounters = Readonly<z.infer<typeof LISTENER_COUNTERS>>;

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
  /** Seconds from when players could be served until they were. */
  readonly playing: Pick<Histogram, 'bounds' | 'counts' | 'sum'>;
}

/** One open connection, as plain values; null: not yet known. */
export const CONNECTION_ROW = z
  .object({
    id: z.string().describe('unique within this process'),
    client: z.string().describe("the client's own address and port"),
    alias: z
      .string()
      .nullable()
      .describe('the 127.x.y.z address of the client in its child; null if it has none'),
    child: z.string().nullable().describe('null: not yet known'),
    stream: STREAM_KEY.nullable().describe('vhost/app/stream; null: not yet known'),
    role: ROLE.nullable().describe('null: not yet known'),
    bytesIn: BYTES.describe('bytes from the client'),
    bytesOut: BYTES.describe('bytes to the client'),
    since: TIME,
  })
  .meta({ id: 'ConnectionRow' });
export type ConnectionRow = Readonly<z.infer<typeof CONNECTION_ROW>>;

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
