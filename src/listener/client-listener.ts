import type { AddressInfo } from 'node:net';
import type { Logger } from '../logging/logger.js';
import type { RefusalFields } from '../logging/refusals.js';
import type { OwnerRef } from '../owner.js';
import type { Role, StreamKey } from '../stream-key.js';
import type { AliasBook, AliasHolder } from './aliases.js';
import type { ConnectionLimits } from './budget.js';
import type { Connection } from './connection.js';
import { Connections } from './connections.js';
import { noCounters } from './counters.js';
import { isLimit } from './failure.js';
import type { KeptClient } from './kept.js';
import { kick } from './kick.js';
import type { AliasListener, ConnectionRow, ListenerSummary } from './listener.js';
import { logEnd } from './log-end.js';
import { logFailure } from './log-failure.js';
import type { Relayed } from './relayed.js';
import { failureOf, SessionError } from './session-error.js';
import { TrafficMeter } from './traffic.js';

export interface ClientListenerOptions {
  readonly limits: ConnectionLimits;
  /** Aliases of the clients for which this thread dials children; null: it dials none. */
  readonly aliases: AliasBook | null;
  /** The log's line for a client that was not served. */
  readonly notServed: string;
  readonly logger: Logger;
}

/** The service of a client that the program before this one served. */
export interface KeptService {
  readonly relayed: Relayed;
  /** Counts the client for its stream; resolves with a function that ends that. Never rejects. */
  readonly readmit: (connection: Connection) => Promise<() => void>;
}

/** The part that all ports have in common: counts, rows, failures and the end of connections. */
export abstract class ClientListener implements AliasListener {
  readonly connections: Connections;
  readonly counters = noCounters();
  readonly #aliases: AliasBook | null;
  readonly #notServed: string;
  readonly #logger: Logger;
  readonly #traffic: TrafficMeter;

  constructor({ limits, aliases, notServed, logger }: ClientListenerOptions) {
    this.connections = new Connections(limits);
    this.#aliases = aliases;
    this.#notServed = notServed;
    this.#logger = logger;
    this.#traffic = new TrafficMeter(this.connections);
  }

  abstract start(): Promise<void>;

  abstract address(): AddressInfo | null;

  summary(): ListenerSummary {
    return this.#traffic.summary(this.counters);
  }

  async rows(): Promise<ConnectionRow[]> {
    return Array.from(this.connections, (connection) => connection.row());
  }

  async holderOf(alias: string): Promise<AliasHolder | null> {
    return this.#aliases?.holderOf(alias) ?? null;
  }

  /** Returns the relayed clients that outlive the program: those whose pair has a number. */
  give(numberOf: (relayed: object) => number | null): KeptClient[] {
    return Array.from(this.connections).flatMap((connection) => {
      const { relayed } = connection;
      const pair = relayed === null ? null : numberOf(relayed);
      return pair === null ? [] : connection.give(pair);
    });
  }

  /** Goes on with a client that the program before this one served. */
  async goOn(kept: KeptClient, { relayed, readmit }: KeptService): Promise<void> {
    const connection = this.connections.readmit(kept, this.#aliases);
    if (kept.owner === null) connection.carriedBy(relayed);
    else connection.servedBy(kept.owner, relayed);
    const release = await readmit(connection);
    await relayed.ended;
    release();
    this.served(connection);
    this.leave(connection);
  }

  endOf(owner: OwnerRef, reason: string, stream?: StreamKey, role?: Role): void {
    this.connections.endOf(owner, new SessionError('child', reason), stream, role);
  }

  kick(fits: (row: ConnectionRow) => boolean, reason: string): ConnectionRow[] {
    return kick(this.connections, fits, reason);
  }

  async close(): Promise<void> {
    this.#traffic.close();
    this.connections.endAll(new SessionError('left', 'the supervisor stops'));
  }

  /**
   * Serves a client until `work` is over: counts it as relayed, or counts and logs the failure and
   * lets `dismiss` tell the client. Then releases all that the client held. `about` adds fields to
   * the log's line.
   */
  protected async serve(
    connection: Connection,
    work: () => Promise<void>,
    dismiss: (error: unknown) => unknown,
    about: () => RefusalFields = () => ({}),
  ): Promise<void> {
    try {
      await work();
      this.served(connection);
    } catch (error) {
      this.fail(connection, error, about());
      await dismiss(error);
    } finally {
      this.leave(connection);
    }
  }

  /** Counts and logs the end of a client that was relayed. */
  protected served(connection: Connection): void {
    this.counters.relayed += 1;
    const failure = connection.reason && failureOf(connection.reason);
    if (failure && isLimit(failure)) this.counters.failed[failure] += 1;
    logEnd(this.#logger, connection);
  }

  /** Counts and logs a client that was not served; `about` adds fields to the line. */
  fail({ id, client, stream }: Connection, error: unknown, about: RefusalFields = {}): void {
    const fields = { id, client, stream, ...about };
    this.counters.failed[logFailure(this.#logger, this.#notServed, fields, error)] += 1;
  }

  /** Releases the alias and the place of a client that has left. */
  protected leave(connection: Connection): void {
    if (this.#aliases !== null) connection.releaseAlias(this.#aliases);
    this.connections.closed(connection);
  }
}
