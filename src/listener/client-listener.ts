import type { AddressInfo } from 'node:net';
import type { OwnerRef } from '../owner.js';
import type { Role, StreamKey } from '../stream-key.js';
import type { AliasBook } from './aliases.js';
import type { ConnectionLimits } from './budget.js';
import { Connections } from './connections.js';
import { noCounters } from './counters.js';
import type { AliasListener, ConnectionRow, ListenerSummary } from './listener.js';
import { SessionError } from './session-error.js';
import { TrafficMeter } from './traffic.js';

/** What all ports do alike, whatever is spoken there: they count, show and end their connections. */
export abstract class ClientListener implements AliasListener {
  readonly connections: Connections;
  readonly counters = noCounters();
  readonly #aliases: AliasBook | null;
  readonly #traffic: TrafficMeter;

  /** `aliases`: of those that are dialled for in this thread; null: children are not dialled here. */
  constructor(limits: ConnectionLimits, aliases: AliasBook | null) {
    this.connections = new Connections(limits);
    this.#aliases = aliases;
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

  async clientOf(alias: string): Promise<string | null> {
    return this.#aliases?.clientOf(alias) ?? null;
  }

  endOf(owner: OwnerRef, reason: string, stream?: StreamKey, role?: Role): void {
    this.connections.endOf(owner, new SessionError('child', reason), stream, role);
  }

  async close(): Promise<void> {
    this.#traffic.close();
    this.connections.endAll(new SessionError('left', 'the supervisor stops'));
  }
}
