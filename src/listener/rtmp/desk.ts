import { type ChildRef, isGoneWith } from '../../child/types.js';
import { close } from '../../relay/native/libc.js';
import type { Desk } from '../../relay/native/thread.js';
import type { RelayedConnection } from '../../relay/relay.js';
import { Seating } from '../../roster.js';
import type { Role, StreamKey } from '../../stream-key.js';
import type { Connection } from '../connections.js';
import type { ConnectionRow, ListenerCounters } from '../front.js';
import type { Route } from '../route.js';
import type { Asking, Resumed, UsherOrder, UsherReport } from './thread-messages.js';

/** A client that has named its stream, until it is relayed. */
export interface Guest {
  readonly ticket: number;
  readonly connection: Connection;
  /** Null: nowhere to go, or not known yet. */
  route: Route | null;
  hasLeft: boolean;
  /** It comes back to wait for its stream. */
  waits: boolean;
  /** Its child's clients have been ended: it must not be relayed there. */
  isDoomed: boolean;
}

/** What the port does for the usher of one thread. */
export interface DeskLinks {
  /** A client wants a stream: it is to be welcomed, and answered. */
  readonly ask: (asking: Asking) => void;
  readonly left: (guest: Guest) => void;
  readonly joined: (guest: Guest, connection: RelayedConnection) => void;
  /** The client's descriptor is ours. */
  readonly resumed: (guest: Guest, client: number, resumed: Resumed) => void;
  /** One JSON line of the usher's logger. */
  readonly log: (line: string) => void;
  /** That member of the budget is asked to make room. */
  readonly crowded: (member: number) => void;
}

/** The control side of the RTMP port on one relay thread. */
export class RtmpDesk implements Desk {
  /** Resolves when clients are let in, or the thread is gone. */
  readonly opened: Promise<void>;
  counters: ListenerCounters | null = null;
  /** Clients that have not named a stream yet. */
  connections = 0;
  readonly #say: (order: UsherOrder) => void;
  readonly #links: DeskLinks;
  readonly #asking = new Map<number, (rows: readonly ConnectionRow[]) => void>();
  readonly #guests = new Seating<Guest>();
  #calls = 0;
  #isOpen: () => void = () => {};
  #isShut: () => void = () => {};
  #isGone = false;

  constructor(say: (order: UsherOrder) => void, links: DeskLinks) {
    this.#say = say;
    this.#links = links;
    this.opened = new Promise((resolve) => {
      this.#isOpen = resolve;
    });
  }

  joined(ticket: number, connection: RelayedConnection): void {
    const guest = this.#take(ticket);
    if (guest === null) connection.destroy();
    else this.#links.joined(guest, connection);
  }

  handedBack(ticket: number, client: number, about: unknown): void {
    const guest = this.#take(ticket);
    if (guest === null) close(client);
    else this.#links.resumed(guest, client, about as Resumed);
  }

  heard(message: unknown): void {
    const report = message as UsherReport;
    if (report.kind === 'ask') this.#links.ask(report);
    else if (report.kind === 'left') this.#leave(report.ticket);
    else if (report.kind === 'log') this.#links.log(report.line);
    else if (report.kind === 'crowded') this.#links.crowded(report.member);
    else if (report.kind === 'open') this.#isOpen();
    else if (report.kind === 'shut') this.#isShut();
    else if (report.kind === 'summary') {
      this.counters = report.counters;
      this.connections = report.connections;
    } else {
      this.#asking.get(report.call)?.(report.rows);
      this.#asking.delete(report.call);
    }
  }

  /** A client has named its stream. */
  welcome(ticket: number, connection: Connection): Guest {
    const states = { hasLeft: false, waits: false, isDoomed: false };
    const guest = { ticket, connection, route: null, ...states };
    this.#guests.put(ticket, guest);
    return guest;
  }

  /** Those who are on their way to that life of a child, as `Front.endOf`. */
  endOf(owner: ChildRef, stream?: StreamKey, role?: Role): void {
    for (const guest of this.#guests) {
      const { route, connection } = guest;
      const isTheirs = route !== null && isGoneWith(route.owner, owner);
      if (isTheirs && connection.serves(stream, role)) guest.isDoomed = true;
    }
  }

  say(order: UsherOrder): void {
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

  /** Nobody is let in any more. */
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
    for (const answer of this.#asking.values()) answer([]);
    this.#asking.clear();
    for (const { ticket } of this.#guests) this.#leave(ticket);
  }

  #leave(ticket: number): void {
    const guest = this.#take(ticket);
    if (guest === null) return;
    guest.hasLeft = true;
    this.#links.left(guest);
  }

  #take(ticket: number): Guest | null {
    const guest = this.#guests.get(ticket) ?? null;
    this.#guests.delete(ticket);
    return guest;
  }
}
