import { destinationOf } from '../../protocol/srt/packet.js';
import type { UdpClient, UdpEndpoint, UdpRelay, UdpSession } from '../../relay/udp.js';
import type { Connections } from '../connections.js';

/** Search of connections on other boxes. */
export interface StrayLookup {
  /** This box's address, by which the others know it. */
  readonly from: string;
  /**
   * Returns the SRT port of the box where a client of this address is connected to this socket id.
   */
  readonly find: (socketId: number, ip: string) => Promise<UdpEndpoint | null>;
}

export interface StraysOptions extends StrayLookup {
  readonly relay: UdpRelay;
  readonly connections: Connections;
}

/** Most clients that other boxes are asked about at one time, also in a flood. */
const MAX_ASKING = 8;
/** Milliseconds before other boxes are asked again about an unknown client. */
const UNKNOWN_MS = 5000;
const MAX_UNKNOWN = 1000;

/** Relays packets of connections that other boxes have: the boxes are asked once per connection. */
export class Strays {
  readonly #options: StraysOptions;
  readonly #asking = new Set<string>();
  /** By client and socket id, for packets that arrive before the relay knows the session. */
  readonly #relayed = new Map<string, UdpSession>();
  /** Time of the question by client and socket id, if no box knew it; oldest first. */
  readonly #unknown = new Map<string, number>();

  constructor(options: StraysOptions) {
    this.#options = options;
  }

  /** Handles a packet from an unknown client. Never rejects. */
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
