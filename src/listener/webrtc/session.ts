import { formatAddress } from '../../config/address.js';
import type { UdpEndpoint } from '../../relay/udp.js';
import type { Connection } from '../connection.js';
import type { KeptRtcSession } from '../kept.js';
import { type Bytes, NO_BYTES, type Relayed } from '../relayed.js';
import type { Route } from '../route.js';

/** Most concurrent flows of one session; a browser tries each of its network cards. */
const MAX_FLOWS = 8;

/** One path of a session's media: a UDP address of the client, or a TCP connection. */
export interface RtcFlow {
  readonly client: UdpEndpoint;
  readonly relayed: Pick<Relayed, 'bytesIn' | 'bytesOut' | 'destroy' | 'lagMs'>;
  /** Resolves with the reason when the flow has ended. */
  readonly ended: Promise<string>;
}

/** Numbers of what outlives the program; null: it does not. */
export interface FlowNumbers {
  readonly sessionOf: (relayed: object) => number | null;
  readonly pairOf: (relayed: object) => number | null;
}

export interface RtcSessionOptions {
  /** STUN's USERNAME in the client's checks: the child's ufrag, a colon, the client's. */
  readonly username: string;
  /**
   * The child's ICE password, which authenticates checks; null: another box has it, and verifies
   * them.
   */
  readonly password: string | null;
  readonly connection: Connection;
  readonly route: Route;
  /** Bytes of its flows that ended in the program before this one; default: none. */
  readonly past?: Bytes;
}

/**
 * One WebRTC session. A browser tries several addresses at a time and may change them later: each
 * gets its own flow to the child, which so sees the same as without us.
 */
export class RtcSession implements Relayed {
  readonly username: string;
  readonly password: string | null;
  readonly connection: Connection;
  readonly route: Route;
  /** By the client's address, oldest first. */
  readonly flows = new Map<string, RtcFlow>();
  /** Number of its connections of ICE over TCP to the child. */
  tcpConnections = 0;
  /** Time of expiry on performance.now()'s clock; Infinity while the session has flows. */
  expiresAt: number;
  /** Resolves when the session has expired. */
  readonly ended: Promise<void>;
  finish: () => void = () => {};
  /** Bytes of ended flows. */
  readonly #past: { in: number; out: number };
  /** Bytes from the client at the last DTLS alert. */
  #bytesAtFarewell = 0;

  constructor(
    { username, password, connection, route, past = NO_BYTES }: RtcSessionOptions,
    expiresAt: number,
  ) {
    this.username = username;
    this.password = password;
    this.connection = connection;
    this.route = route;
    this.#past = { in: past.bytesIn, out: past.bytesOut };
    this.expiresAt = expiresAt;
    this.ended = new Promise((resolve) => {
      this.finish = resolve;
    });
  }

  get bytesIn(): number {
    return this.#sum('bytesIn', this.#past.in);
  }

  get bytesOut(): number {
    return this.#sum('bytesOut', this.#past.out);
  }

  get lagMs(): number {
    return Math.max(0, ...Array.from(this.flows.values(), ({ relayed }) => relayed.lagMs ?? 0));
  }

  /** The flow to be closed for a further one; null: there is room. */
  get surplus(): RtcFlow | null {
    const [oldest = null] = this.flows.size >= MAX_FLOWS ? this.flows.values() : [];
    return oldest;
  }

  /** Adds a flow. The client is now at the flow's address, before at that of its request. */
  add(key: string, flow: RtcFlow): void {
    this.flows.set(key, flow);
    const { ip, port } = flow.client;
    this.connection.comesFrom(formatAddress({ host: ip, port }));
    this.connection.carriedBy(this);
    this.connection.begins();
    this.expiresAt = Number.POSITIVE_INFINITY;
  }

  /**
   * Notes a DTLS alert. It is not authenticated, so the session ends only if the client sends
   * nothing more.
   */
  farewell(expiresAt: number): void {
    this.expiresAt = expiresAt;
    this.#bytesAtFarewell = this.bytesIn;
  }

  /** Returns whether the session has expired and the client has sent nothing since. */
  isOver(now: number): boolean {
    if (this.expiresAt > now) return false;
    const isAlive = this.flows.size > 0 && this.bytesIn > this.#bytesAtFarewell;
    if (isAlive) this.expiresAt = Number.POSITIVE_INFINITY;
    return !isAlive;
  }

  remove(key: string, flow: RtcFlow): void {
    this.#past.in += flow.relayed.bytesIn;
    this.#past.out += flow.relayed.bytesOut;
    if (this.flows.get(key) === flow) this.flows.delete(key);
  }

  /**
   * Returns what outlives the program, with the flows that have a number; null: another box has the
   * session.
   */
  give(numbers: FlowNumbers): KeptRtcSession | null {
    const { username, password, connection } = this;
    if (password === null) return null;
    const past = { bytesIn: this.#past.in, bytesOut: this.#past.out };
    const flows = Array.from(this.flows).flatMap(([key, { client, relayed }]) => {
      const [session, pair] = [numbers.sessionOf(relayed), numbers.pairOf(relayed)];
      if (session !== null || pair !== null) return { key, at: client, session, pair };
      past.bytesIn += relayed.bytesIn;
      past.bytesOut += relayed.bytesOut;
      return [];
    });
    return { client: connection.give(-1), username, password, past, flows };
  }

  destroy(): void {
    for (const { relayed } of this.flows.values()) relayed.destroy();
  }

  #sum(field: 'bytesIn' | 'bytesOut', past: number): number {
    let sum = past;
    for (const { relayed } of this.flows.values()) sum += relayed[field];
    return sum;
  }
}
