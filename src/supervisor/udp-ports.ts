import type { Address } from '../config/config.js';
import { ANSWERER } from '../listener/srt/answerer.js';
import { silentLogger } from '../logging/logger.js';
import { openUdpRelay, takeUdpPort, type UdpThreads } from '../relay/engine.js';
import type { KeptUdpPort } from '../relay/kept-udp.js';
import type { RelayEngine } from '../relay/relay.js';
import type { UdpEndpoint, UdpRelay, UdpRelayOptions, UdpSession } from '../relay/udp.js';
import type { Inheritance } from '../upgrade/inheritance.js';
import { PARTS } from './kept-parts.js';

/** Datagrams of strangers that wait for the port's listener. */
const MAX_WAITING = 256;

/** A UDP port of this program. */
interface OpenPort {
  readonly key: string;
  readonly address: string;
  readonly options: UdpRelayOptions;
  readonly relay: UdpRelay;
}

/** A UDP port that the program before this one has left. */
interface LeftPort extends OpenPort {
  /** By their numbers; null: it has ended. */
  readonly sessions: readonly (UdpSession | null)[];
  /** Hands strangers to the listener from then on, those that have waited first. */
  readonly tell: (hear: UdpRelayOptions['onStranger']) => void;
}

/** UDP ports that are given away, and the numbers of their sessions. */
export interface GivenUdp {
  readonly ports: readonly KeptUdpPort[];
  readonly numbers: ReadonlyMap<object, number>;
}

/** The UDP ports: what the program before this one has left is relayed from the start on. */
export class UdpPorts {
  readonly #open = new Map<string, OpenPort>();
  /** Ports, and sessions of them, that nobody has taken yet, by key. */
  readonly #left = new Map<string, LeftPort>();
  readonly #sessions = new Map<string, Map<number, UdpSession>>();

  /** Goes on with all of them, and gives them back if this program cannot go on. */
  static async take(inheritance: Inheritance): Promise<UdpPorts> {
    const ports = new UdpPorts();
    for (const kept of inheritance.part(PARTS.udp) ?? []) await ports.#take(kept, inheritance);
    inheritance.givesBack(async () => ({ udp: await ports.#giveBack() }));
    return ports;
  }

  /**
   * Opens a port, or returns the one that was left with this address, whose strangers wait for
   * `endRest`. Rejects as `openUdpRelay` does.
   */
  async open(
    key: string,
    options: UdpRelayOptions,
    { engine, threads }: { readonly engine: RelayEngine; readonly threads: UdpThreads },
  ): Promise<UdpRelay> {
    const address = textOf(options.address);
    const left = this.#left.get(key);
    if (left?.address === address) {
      this.#note({ ...left, options });
      if (options.answerer) left.relay.answerBy(options.answerer.settings);
      return left.relay;
    }
    await this.#close(key);
    const relay = await openUdpRelay(engine.name, options, threads);
    this.#note({ key, address, options, relay });
    return relay;
  }

  /** Returns a session that was left, by its number, once; null: it is not there. */
  takeSession(key: string, number: number): UdpSession | null {
    const sessions = this.#sessions.get(key);
    const found = sessions?.get(number) ?? null;
    sessions?.delete(number);
    return found;
  }

  /**
   * Ends sessions, and closes ports, that nobody has taken. The listeners of the others hear
   * strangers from now on: they know their sessions.
   */
  async endRest(): Promise<void> {
    for (const sessions of this.#sessions.values()) {
      for (const session of sessions.values()) session.destroy();
    }
    this.#sessions.clear();
    for (const [key, left] of [...this.#left]) {
      const open = this.#open.get(key);
      if (open === undefined) await this.#close(key);
      else left.tell(open.options.onStranger);
    }
    this.#left.clear();
  }

  /** Stops relaying, and gives away the ports whose relays keep their sessions. Never rejects. */
  async give(): Promise<GivenUdp> {
    const numbers = new Map<object, number>();
    const open = [...this.#open.values()];
    const ports = await Promise.all(
      open.map(async ({ key, address, options, relay }) => {
        const given = await relay.keeping?.give();
        if (given === undefined) return [];
        const { sockets, cpus, sessions } = given;
        for (const [number, { session }] of sessions.entries()) numbers.set(session, number);
        const kept = sessions.map((one) => one.kept);
        const answers = options.answerer?.settings ?? null;
        return { key, address, sockets, cpus, rules: rulesOf(options), answers, sessions: kept };
      }),
    );
    return { ports: ports.flat(), numbers };
  }

  #note(port: OpenPort): void {
    this.#open.set(port.key, port);
  }

  async #close(key: string): Promise<void> {
    const left = this.#left.get(key);
    this.#left.delete(key);
    this.#sessions.delete(key);
    await left?.relay.close();
  }

  async #take(kept: KeptUdpPort, inheritance: Inheritance): Promise<void> {
    const { key, address, rules, answers, sessions } = kept;
    const waiting: [Buffer, UdpEndpoint][] = [];
    let hear: UdpRelayOptions['onStranger'] = (datagram, from) => {
      if (waiting.length < MAX_WAITING) waiting.push([datagram, from]);
    };
    const answerer = answers === null ? {} : { answerer: { module: ANSWERER, settings: answers } };
    const onStranger: UdpRelayOptions['onStranger'] = (datagram, from) => hear(datagram, from);
    const options = { address: { port: 0 }, ...rules, ...answerer, onStranger };
    const relay = await takeUdpPort(options, kept, silentLogger);
    inheritance.claim(...kept.sockets, ...sessions.flatMap((one) => one?.child ?? []));
    const taken = sessions.map((one) => one && (relay.keeping?.take(one) ?? null));
    const tell: LeftPort['tell'] = (listener) => {
      hear = listener;
      for (const [datagram, from] of waiting.splice(0)) listener(datagram, from);
    };
    this.#left.set(key, { key, address, options, relay, sessions: taken, tell });
    const known = taken.flatMap((session, number) => (session ? [[number, session] as const] : []));
    this.#sessions.set(key, new Map(known));
  }

  /** Returns the ports with the sessions at the numbers that they had. */
  async #giveBack(): Promise<KeptUdpPort[]> {
    return Promise.all(
      Array.from(this.#left.values(), async ({ key, address, options, relay, sessions }) => {
        const given = await relay.keeping?.give();
        const keptOf = new Map(given?.sessions.map(({ kept, session }) => [session, kept]));
        const { sockets = [], cpus = [] } = given ?? {};
        const kept = sessions.map((session) => (session && keptOf.get(session)) ?? null);
        const answers = options.answerer?.settings ?? null;
        return { key, address, sockets, cpus, rules: rulesOf(options), answers, sessions: kept };
      }),
    );
  }
}

function rulesOf(options: UdpRelayOptions): KeptUdpPort['rules'] {
  const { maxSessions, idleMs, tagAt, farewell, checkedBelow, gatherMs } = options;
  return {
    ...{ maxSessions, idleMs },
    ...(tagAt !== undefined && { tagAt }),
    ...(farewell !== undefined && { farewell }),
    ...(checkedBelow !== undefined && { checkedBelow }),
    ...(gatherMs !== undefined && { gatherMs }),
  };
}

function textOf({ host = '', port }: Address): string {
  return `${host}:${port}`;
}
