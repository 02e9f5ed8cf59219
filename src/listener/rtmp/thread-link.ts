import type { Socket } from 'node:net';
import { SlotTable } from '../../collections/slot-map.js';
import type { SupervisorEvent } from '../../events/event.js';
import { isGoneWith, type OwnerRef } from '../../owner.js';
import type { SetupLink } from '../../relay/client-setup.js';
import type { RelayedConnection } from '../../relay/relay.js';
import type { Role, StreamKey } from '../../stream-key.js';
import type { Connection } from '../connection.js';
import type { ConnectionRow, ListenerCounters } from '../listener.js';
import type { Route } from '../route.js';
import type { Resumed, RouteQuestion, ThreadOrder, ThreadReport } from './thread-messages.js';

/** A client that has named its stream, until it is relayed. */
export interface RoutedClient {
  readonly ticket: number;
  readonly connection: Connection;
  /** Null: nowhere to go, or not known yet. */
  route: Route | null;
  /** Ends the turn of its address; null: it has none. */
  endTurn: (() => void) | null;
  /** The error that kept it from having a route. */
  error: Error | null;
  hasLeft: boolean;
  /** The thread hands it back to wait for its stream. */
  waits: boolean;
  /** Its child's clients have been ended: it must not be relayed there. */
  isDoomed: boolean;
}

/** The port's side of one thread's handler. */
export interface ThreadLinkEvents {
  /** A client wants a stream: it is to be welcomed, and answered. */
  readonly ask: (asking: RouteQuestion) => void;
  readonly left: (routed: RoutedClient) => void;
  readonly joined: (routed: RoutedClient, connection: RelayedConnection) => void;
  /** The client's socket is ours. */
  readonly resumed: (routed: RoutedClient, client: Socket, resumed: Resumed) => void;
  /** One JSON line of the handler's logger. */
  readonly log: (line: string) => void;
  readonly happened: (event: SupervisorEvent) => void;
  /** A member of the budget is asked to make room. */
  readonly crowded: (member: number) => void;
}

/** The control side of the RTMP port on one relay thread. */
export class ThreadLink implements SetupLink {
  /** Resolves when clients are let in, or the thread is gone. */
  readonly opened: Promise<void>;
  /** Resolves when the thread, told to settle, has; or is gone. */
  readonly settled: Promise<void>;
  counters: ListenerCounters | null = null;
  /** Clients that have not named a stream yet. */
  connections = 0;
  readonly #say: (order: ThreadOrder) => void;
  readonly #links: ThreadLinkEvents;
  readonly #asking = new Map<number, (rows: readonly ConnectionRow[]) => void>();
  readonly #routedClients = new SlotTable<RoutedClient>();
  #calls = 0;
  #isOpen: () => void = () => {};
  #isShut: () => void = () => {};
  #isSettled: () => void = () => {};
  #isGone = false;

  constructor(say: (order: ThreadOrder) => void, links: ThreadLinkEvents) {
    this.#say = say;
    this.#links = links;
    this.opened = new Promise((resolve) => {
      this.#isOpen = resolve;
    });
    this.settled = new Promise((resolve) => {
      this.#isSettled = resolve;
    });
  }

  joined(ticket: number, connection: RelayedConnection): void {
    const routed = this.#take(ticket);
    if (routed === null) connection.destroy();
    else this.#links.joined(routed, connection);
  }

  handedBack(ticket: number, client: Socket, about: unknown): void {
    const routed = this.#take(ticket);
    if (routed === null) client.destroy();
    else this.#links.resumed(routed, client, about as Resumed);
  }

  heard(message: unknown): void {
    const report = message as ThreadReport;
    if (report.kind === 'ask') this.#links.ask(report);
    else if (report.kind === 'left') this.#leave(report.ticket);
    else if (report.kind === 'log') this.#links.log(report.line);
    else if (report.kind === 'event') this.#links.happened(report.event);
    else if (report.kind === 'crowded') this.#links.crowded(report.member);
    else if (report.kind === 'open') this.#isOpen();
    else if (report.kind === 'shut') this.#isShut();
    else if (report.kind === 'settled') this.#isSettled();
    else if (report.kind === 'summary') {
      this.counters = report.counters;
      this.connections = report.connections;
    } else {
      this.#asking.get(report.call)?.(report.rows);
      this.#asking.delete(report.call);
    }
  }

  /** A client has named its stream. */
  welcome(ticket: number, connection: Connection): RoutedClient {
    const states = { hasLeft: false, waits: false, isDoomed: false };
    const routed = { ticket, connection, route: null, endTurn: null, error: null, ...states };
    this.#routedClients.put(ticket, routed);
    return routed;
  }

  /** Ends clients that are on their way to that life of a child, as `Listener.endOf`. */
  endOf(owner: OwnerRef, stream?: StreamKey, role?: Role): void {
    for (const routed of this.#routedClients) {
      const { route, connection } = routed;
      const isTheirs = route !== null && isGoneWith(route.owner, owner);
      if (isTheirs && connection.serves(stream, role)) routed.isDoomed = true;
    }
  }

  say(order: ThreadOrder): void {
    if (!this.#isGone) this.#say(order);
  }

  /** Clients that have not named a stream yet. */
  rows(): Promise<readonly ConnectionRow[]> {
    if (this.#isGone) return Promise.resolve([]);
    const call = this.#calls++;
    return new Promise((resolve) => {
      this.#asking.set(call, resolve);
      this.say({ kind: 'rows', call });
    });
  }

  /** Lets nobody in any more. */
  async close(): Promise<void> {
    if (this.#isGone) return;
    await new Promise<void>((resolve) => {
      this.#isShut = resolve;
      this.say({ kind: 'shut' });
    });
  }

  /** The thread is no more. */
  gone(): void {
    this.#isGone = true;
    this.counters = null;
    this.connections = 0;
    this.#isOpen();
    this.#isShut();
    this.#isSettled();
    for (const answer of this.#asking.values()) answer([]);
    this.#asking.clear();
    for (const { ticket } of this.#routedClients) this.#leave(ticket);
  }

  #leave(ticket: number): void {
    const routed = this.#take(ticket);
    if (routed === null) return;
    routed.hasLeft = true;
    this.#links.left(routed);
  }

  #take(ticket: number): RoutedClient | null {
    const routed = this.#routedClients.get(ticket) ?? null;
    this.#routedClients.delete(ticket);
    return routed;
  }
}
