import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import type { UdpEndpoint } from '../../src/relay/udp.js';

/** Faults of a hop in each direction, as shares of 1. */
export interface Weather {
  readonly loss?: number;
  readonly duplicates?: number;
  /** Share of packets that are `lateMs` late, and so out of order. */
  readonly late?: number;
  readonly lateMs?: number;
}

/** A generator with the same numbers (0 to 1) in every run (xorshift). */
function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) / 2 ** 32;
  };
}

/** A UDP hop that loses, repeats and reorders packets. */
export class LossyHop {
  readonly #socket = createSocket('udp4');
  readonly #upstream = new Map<number, Socket>();
  readonly #late = new Set<NodeJS.Timeout>();
  readonly #random: () => number;
  readonly #weather: Weather;
  /** All packets in order. */
  readonly seen: { readonly isUp: boolean; readonly packet: Buffer }[] = [];

  constructor(weather: Weather, seed = 1) {
    this.#weather = weather;
    this.#random = seeded(seed);
  }

  /** `target`: a port of 127.0.0.1, or a function of the packet. */
  async open(target: number | ((packet: Buffer) => UdpEndpoint)): Promise<this> {
    const here = { ip: '127.0.0.1', port: 0 };
    const way = typeof target === 'number' ? () => ({ ...here, port: target }) : target;
    this.#socket.on('message', (packet, { port, address }) => {
      const upstream = this.#upstream.get(port) ?? this.#connect(port, address);
      const to = way(packet);
      this.#pass(packet, true, (bytes) => upstream.send(bytes, to.port, to.ip));
    });
    this.#socket.bind(0, '127.0.0.1');
    await once(this.#socket, 'listening');
    return this;
  }

  get port(): number {
    return (this.#socket.address() as AddressInfo).port;
  }

  close(): void {
    for (const timer of this.#late) clearTimeout(timer);
    for (const socket of this.#upstream.values()) socket.close();
    this.#socket.close();
  }

  #connect(port: number, address: string): Socket {
    const socket = createSocket('udp4');
    this.#upstream.set(port, socket);
    socket.on('message', (packet) => {
      this.#pass(packet, false, (bytes) => this.#socket.send(bytes, port, address));
    });
    return socket;
  }

  #pass(packet: Buffer, isUp: boolean, send: (packet: Buffer) => void): void {
    const { loss = 0, duplicates = 0, late = 0, lateMs = 30 } = this.#weather;
    if (this.#random() < loss) return;
    this.seen.push({ isUp, packet });
    if (this.#random() < duplicates) send(packet);
    if (this.#random() >= late) {
      send(packet);
      return;
    }
    const timer = setTimeout(() => {
      this.#late.delete(timer);
      send(packet);
    }, lateMs);
    this.#late.add(timer);
  }
}
