import { destinationOf } from '../../protocol/srt/packet.js';
import type { UdpClient, UdpEndpoint, UdpRelay, UdpSession } from '../../relay/udp.js';
import type { Connections } from '../connections.js';

/** What is known of the other boxes. */
export interface StrayLookup {
  /** By which they know this one. */
  readonly from: string;
  /** The SRT port of the box where a client of this address is connected to this socket id. */
  readonly find: (socketId: number, ip: string) => Promise<UdpEndpoint | null>;
}

export interface StraysOptions extends StrayLookup {
  readonly relay: UdpRelay;
  readonly connections: Connections;
}

/** Clients that the other boxes are asked for at one time: a flood of strangers costs no more. */
const MAX_ASKING = 8;
/** So long nobody is asked for one again that no box knew. */
const UNKNOWN_MS = 5000;
const MAX_UNKNOWN = 1000;

/** Packets of connections that other boxes have: those are asked, and then sent all that comes. */
export class Strays {
  readonly #options: StraysOptions;
  readonly #asking = new Set<string>();
  /** By client and socket id; what comes before the relay knows of a session is sent on here. */
  readonly #relayed = new Map<string, UdpSession>();
  /** By client and socket id, when no box knew; oldest first. */
  readonly #unknown = new Map<string, number>();

  constructor(options: StraysOptions) {
    this.#options = options;
  }

  /** A packet from a client that nobody here knows. Never rejects. */
  async meet(packet: Buffer, from: UdpEndpoint, now: number): Promise<void> {
    const socketId = destinationOf(packet);
    const key = `${from.ip} ${from.port} ${socketId}`;
    const relayed = this.#relayed.get(key);
    relayed?.send(packet);
    if (relayed || this.#asking.size >= MAX_ASKING || this.#asking.has(key)) return;
    if (now - (this.#unknown.get(key) ?? -Infinity) < UNKNOWN_MS) return;
    this.#asking.add(key);
    const box = await this.#options.find(socketId, from.ip).catch(() => null);
    this.#asking.delete(key);
    if (box === null) this.#forget(key, now);
    else this.#relay(key, box, packet, { ...from, tag: socketId });
  }

  #relay(key: string, box: UdpEndpoint, packet: Buffer, client: UdpClient): void {
    const { relay, connections, from } = this.#options;
    const connection = connections.open(client.ip, client.port, Date.now());
    if (typeof connection === 'string') return;
    const session = relay.open(client, box, [packet], { from });
    connection.carriedBy(session);
    if (session !== null) this.#relayed.set(key, session);
    void Promise.resolve(session?.ended).then(() => {
      this.#relayed.delete(key);
      connections.closed(connection);
    });
  }

  #forget(key: string, now: number): void {
    this.#unknown.delete(key);
    this.#unknown.set(key, now);
    const [oldest = ''] = this.#unknown.keys();
    if (this.#unknown.size > MAX_UNKNOWN) this.#unknown.delete(oldest);
  }
}
