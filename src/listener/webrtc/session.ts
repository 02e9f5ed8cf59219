import { formatAddress } from '../../config/address.js';
import type { UdpEndpoint } from '../../relay/udp.js';
import type { Connection, Relayed } from '../connections.js';
import type { ConnectionRow } from '../listener.js';
import type { Route } from '../route.js';

/** Flows that one session may have at a time; a browser tries each of its network cards. */
const MAX_FLOWS = 8;

/** One way of a session's media: a UDP address of the client's, or a TCP connection. */
export interface RtcFlow extends Relayed {
  readonly client: UdpEndpoint;
  /** Resolves when nothing is relayed on it any more, and says why. */
  readonly ended: Promise<string>;
}

export interface RtcSessionOptions {
  /** STUN's USERNAME in the client's checks: the child's ufrag, a colon, the client's. */
  readonly username: string;
  /** The child's ICE password, which signs those checks; null: another box has it, and looks at them. */
  readonly password: string | null;
  readonly connection: Connection;
  readonly route: Route;
}

/**
 * One WebRTC session. A browser tries several addresses at a time and may change them later: each
 * has a flow of its own to the child, which so sees what it would see without us.
 */
export class RtcSession implements Relayed {
  readonly username: string;
  readonly password: string | null;
  readonly connection: Connection;
  readonly route: Route;
  /** By the client's address, in the order of their beginning. */
  readonly flows = new Map<string, RtcFlow>();
  /** Its connections of ICE over TCP to the child. */
  tcpConnections = 0;
  /** When it is given up, on performance.now()'s clock; Infinity while it has flows. */
  expiresAt: number;
  /** Resolves when the session is given up. */
  readonly ended: Promise<void>;
  finish: () => void = () => {};
  /** Bytes of the flows that are no more. */
  readonly #past = { in: 0, out: 0 };
  #client: UdpEndpoint | null = null;
  /** What the client had sent when somebody said farewell. */
  #bytesAtFarewell = 0;

  constructor({ username, password, connection, route }: RtcSessionOptions, expiresAt: number) {
    this.username = username;
    this.password = password;
    this.connection = connection;
    this.route = route;
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

  /** The flow that has to go when another one comes; null: there is room. */
  get surplus(): RtcFlow | null {
    const [oldest = null] = this.flows.size >= MAX_FLOWS ? this.flows.values() : [];
    return oldest;
  }

  add(key: string, flow: RtcFlow): void {
    this.flows.set(key, flow);
    this.#client = flow.client;
    this.connection.carriedBy(this);
    this.expiresAt = Number.POSITIVE_INFINITY;
  }

  /**
   * A DTLS alert went by. Nobody signs one, so the session ends only if nothing comes from the client
   * any more.
   */
  farewell(expiresAt: number): void {
    this.expiresAt = expiresAt;
    this.#bytesAtFarewell = this.bytesIn;
  }

  /** Whether the client has given no sign of life since it had to be given up at `expiresAt`. */
  isOver(now: number): boolean {
    if (this.expiresAt > now) return false;
    const isAlive = this.flows.size > 0 && this.bytesIn > this.#bytesAtFarewell;
    if (isAlive) this.expiresAt = Number.POSITIVE_INFINITY;
    return !isAlive;
  }

  remove(key: string, flow: RtcFlow): void {
    this.#past.in += flow.bytesIn;
    this.#past.out += flow.bytesOut;
    if (this.flows.get(key) === flow) this.flows.delete(key);
  }

  destroy(): void {
    for (const flow of this.flows.values()) flow.destroy();
  }

  /** The client is where its media last began to come from; before that, where it asked from. */
  row(): ConnectionRow {
    const row = this.connection.row();
    if (this.#client === null) return row;
    const { ip, port } = this.#client;
    return { ...row, client: formatAddress({ host: ip, port }) };
  }

  #sum(field: 'bytesIn' | 'bytesOut', past: number): number {
    let sum = past;
    for (const flow of this.flows.values()) sum += flow[field];
    return sum;
  }
}
