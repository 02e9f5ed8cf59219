import type { Fleet } from '../child/fleet.js';
import type { KeptFleet } from '../child/kept.js';
import type { EventLog } from '../events/event-log.js';
import type { Hooks } from '../hooks/hooks.js';
import type { AliasBook } from '../listener/aliases.js';
import { ClientListener } from '../listener/client-listener.js';
import type { Connection } from '../listener/connection.js';
import type { Gate } from '../listener/gate.js';
import type { KeptClient } from '../listener/kept.js';
import type { Placement } from '../placement/placement.js';
import type { GivenPair } from '../relay/kept.js';
import type { RelayEngine } from '../relay/relay.js';
import type { KeptPort } from '../system/open-ports.js';
import type { Inheritance } from '../upgrade/inheritance.js';
import { giveUdp, goOnWithUdp, keepsUdp } from './carrying-udp.js';
import type { KeptPairs } from './kept-pairs.js';
import { PARTS } from './kept-parts.js';
import type { Listeners, NamedListener } from './listeners.js';
import type { Owners } from './owners.js';
import type { SharedMap } from './registry.js';
import type { Current } from './renewals.js';
import type { Room } from './rooms.js';
import type { Routing } from './routing.js';
import type { GivenUdp, UdpPorts } from './udp-ports.js';

export interface CarryingParts {
  readonly engine: RelayEngine;
  readonly map: SharedMap;
  readonly current: Current;
  readonly events: EventLog;
  readonly listeners: Listeners;
  readonly fleet: Fleet;
  readonly placement: Placement;
  readonly hooks: Hooks;
  readonly gate: Gate;
  readonly routing: Routing;
  readonly aliases: AliasBook;
  readonly pairs: KeptPairs | null;
  readonly udpPorts: UdpPorts;
  readonly owners: Owners;
  /** The CPUs of the relay threads, and most pipes of all of them together. */
  readonly relayCpus: readonly number[];
  readonly pipes: number;
}

/** Clients that outlive the program, and those that do not, by port. */
export interface KeptCount {
  readonly kept: number;
  readonly cut: Readonly<Record<string, number>>;
}

/** Parts that are given away already. */
export interface Given {
  readonly ports: readonly KeptPort[];
  readonly pairs: readonly GivenPair[];
  readonly udp: GivenUdp;
  readonly fleet: KeptFleet;
}

/** The state that is given away at one moment. */
export interface GivenState {
  readonly parts: Readonly<Record<string, unknown>>;
  readonly descriptors: number[];
}

/**
 * Gives the box's state to the next program in this process, and goes on with that of the last one.
 */
export class Carrying {
  readonly #parts: CarryingParts;

  constructor(parts: CarryingParts) {
    this.#parts = parts;
  }

  /**
   * Returns how many clients would outlive the program, and how many would not, by port, if the
   * next program does not open these ports.
   */
  count(gone: readonly string[] = []): KeptCount {
    const { engine } = this.#parts;
    const cut: Record<string, number> = {};
    let kept = 0;
    for (const { name, listener } of this.#parts.listeners) {
      const served = servedBy(listener);
      const lasting = gone.includes(name) ? 0 : lastingOf({ name, listener }, engine);
      const rest = served - lasting;
      kept += lasting;
      if (rest > 0) cut[name] = rest;
    }
    return { kept, cut };
  }

  /** Returns the parts as they are, without what has descriptors: for a proof. */
  sample(): GivenState {
    const { placement, hooks, aliases, map, current } = this.#parts;
    const box = { alias: aliases.next, id: map.box };
    const { config, template } = current;
    const running = { config, template };
    const parts = { streams: placement.give(), hooks: hooks.give(), box, running };
    return { parts, descriptors: [] };
  }

  /**
   * Returns the parts of the state, with ports and pairs that are given away already. Children's
   * output has to be left before.
   */
  give({ ports, pairs: given, udp, fleet }: Given): GivenState {
    const { listeners, current } = this.#parts;
    const numbers = new Map<object, number>(given.map(({ connection }, at) => [connection, at]));
    const numberOf = (relayed: object) => numbers.get(relayed) ?? null;
    const clients = Object.fromEntries(
      Array.from(listeners, ({ name, listener }) => [
        name,
        listener instanceof ClientListener && isCarried(name) ? listener.give(numberOf) : [],
      ]),
    );
    const pairs = given.map(({ pair }) => pair);
    const parts = {
      ...{ ports, pairs, ...this.#relay(), fleet, clients },
      ...giveUdp({ listeners, current }, udp, numbers),
      ...{ ...this.sample().parts, events: this.#parts.events.give() },
    };
    return { parts, descriptors: [...descriptorsIn(ports, pairs, fleet), ...descriptorsOf(udp)] };
  }

  /** Without an engine that keeps pairs there is no such part. */
  #relay() {
    const { engine, relayCpus, pipes } = this.#parts;
    const { threadCount: threads } = engine;
    return engine.keeping === null ? {} : { relay: { threads, cpus: [...relayCpus], pipes } };
  }

  /** Goes on with the clients of UDP ports: a room that starts after the ports. */
  udpRoom(inheritance: Inheritance): Room {
    const start = async () => {
      const { pairs, udpPorts } = this.#parts;
      goOnWithUdp(this.#parts, inheritance, {
        readmit: (connection) => this.#readmit(connection),
        pairOf: (number) => pairs?.takeOne(number) ?? null,
      });
      await udpPorts.endRest();
      pairs?.endRest();
    };
    return { start, close: async () => {} };
  }

  /**
   * Goes on with streams and clients: a room that starts after the children and before the ports.
   */
  room(inheritance: Inheritance): Room {
    return { start: () => this.#goOn(inheritance), close: async () => {} };
  }

  async #goOn(inheritance: Inheritance): Promise<void> {
    const { placement, listeners, aliases } = this.#parts;
    const { alias } = inheritance.part(PARTS.box) ?? {};
    if (alias !== undefined) aliases.goOn(alias);
    await placement.goOn(inheritance.part(PARTS.streams) ?? []);
    const clients = inheritance.part(PARTS.clients) ?? {};
    for (const { name, listener } of listeners) {
      if (!(listener instanceof ClientListener)) continue;
      for (const kept of clients[name] ?? []) this.#serve(listener, kept);
    }
    inheritance.becomesKnown();
    // A call that was under way may have been lost.
    void this.#parts.hooks.recheck();
  }

  #serve(listener: ClientListener, kept: KeptClient): void {
    const relayed = this.#parts.pairs?.takeOne(kept.pair) ?? null;
    if (relayed === null) return;
    void listener.goOn(kept, { relayed, readmit: (connection) => this.#readmit(connection) });
  }

  async #readmit(connection: Connection): Promise<() => void> {
    const { gate, routing } = this.#parts;
    const { stream, role, owner } = connection;
    if (stream === null || role === null || owner === null) return () => {};
    gate.readmit(connection, { stream, role });
    return routing.readmit(stream, role, owner);
  }
}

/** Sessions of WebRTC have their TCP connections, and end with the program. */
function isCarried(port: string): boolean {
  return port !== 'rtc';
}

/**
 * Returns how many clients with a stream a port has. The other connections of an HTTP port are idle
 * or have a request under way, which comes to its end.
 */
function servedBy(listener: NamedListener['listener']): number {
  if (!(listener instanceof ClientListener)) return listener.summary().connections;
  return Array.from(listener.connections).filter(({ stream }) => stream !== null).length;
}

function lastingOf(
  { name, listener }: Pick<NamedListener, 'name' | 'listener'>,
  { keeping }: RelayEngine,
): number {
  if (keepsUdp(listener)) return servedBy(listener);
  if (keeping === null || !(listener instanceof ClientListener) || !isCarried(name)) return 0;
  const isKept = (relayed: object) => (keeping.keeps(relayed) ? 0 : null);
  return listener.give(isKept).length;
}

function descriptorsOf({ ports }: GivenUdp): number[] {
  return ports.flatMap(({ sockets, sessions }) => [
    ...sockets,
    ...sessions.flatMap((session) => session?.child ?? []),
  ]);
}

function descriptorsIn(
  ports: readonly KeptPort[],
  pairs: readonly { readonly client: number; readonly child: number }[],
  { children }: KeptFleet,
): number[] {
  return [
    ...ports.flatMap(({ sockets }) => sockets),
    ...pairs.flatMap(({ client, child }) => [client, child]),
    ...children.flatMap(({ process }) => (process ? [process.stdout, process.stderr] : [])),
  ];
}
