import type { AddressInfo } from 'node:net';
import type { ListenerRow, PortConnection } from '../admin/types.js';
import type { AliasClient } from '../api/addresses.js';
import { formatAddress } from '../config/address.js';
import type { AliasListener, ChildTraffic, ConnectionRow, Listener } from '../listener/listener.js';
import type { OwnerRef } from '../owner.js';
import { hostName } from '../protocol/http/target.js';
import type { Role, StreamKey } from '../stream-key.js';

/** A port for clients, by its name in the configuration. */
export interface NamedListener {
  readonly name: string;
  readonly transport: 'tcp' | 'udp';
  readonly listener: Listener | AliasListener;
}

const NONE: ChildTraffic = { connections: 0, bitrate: 0, bitrateOut: 0 };

/** All ports for clients. */
export class Listeners {
  readonly #listeners: NamedListener[] = [];

  add(...listeners: readonly NamedListener[]): void {
    this.#listeners.push(...listeners);
  }

  [Symbol.iterator](): IterableIterator<NamedListener> {
    return this.#listeners.values();
  }

  /** Returns the bound address of a listener; null while it is not open. */
  address(name: string): AddressInfo | null {
    return this.#listeners.find((one) => one.name === name)?.listener.address() ?? null;
  }

  /** Open connections, and bytes since the start. */
  totals(): { connections: number; bytesIn: number; bytesOut: number } {
    const sum = { connections: 0, bytesIn: 0, bytesOut: 0 };
    for (const { listener } of this.#listeners) {
      const { connections, bytesIn, bytesOut } = listener.summary();
      sum.connections += connections;
      sum.bytesIn += bytesIn;
      sum.bytesOut += bytesOut;
    }
    return sum;
  }

  /** Returns the traffic of each child's clients over all ports; omits children without clients. */
  traffic(): Map<string, ChildTraffic> {
    const sum = new Map<string, ChildTraffic>();
    for (const { listener } of this.#listeners) {
      for (const [child, { connections, bitrate, bitrateOut }] of listener.summary().traffic) {
        const before = sum.get(child) ?? NONE;
        sum.set(child, {
          connections: before.connections + connections,
          bitrate: before.bitrate + bitrate,
          bitrateOut: before.bitrateOut + bitrateOut,
        });
      }
    }
    return sum;
  }

  /** Bits per second from clients and to clients. */
  rates(): { in: number; out: number } {
    let [all, out] = [0, 0];
    for (const { bitrate, bitrateOut } of this.traffic().values()) {
      all += bitrate;
      out += bitrateOut;
    }
    return { in: Math.max(0, all - out), out };
  }

  async rows(): Promise<PortConnection[]> {
    const rows = this.#listeners.map(async ({ name: port, listener }) =>
      (await listener.rows()).map((row) => ({ ...row, port })),
    );
    return (await Promise.all(rows)).flat();
  }

  /** Returns the IP address of the client behind an alias; null if the alias is unknown. */
  async addressOf(alias: string): Promise<string | null> {
    return (await this.clientOf(alias))?.ip ?? null;
  }

  /** Returns the client behind an alias; null if the alias is unknown. */
  async clientOf(alias: string): Promise<AliasClient | null> {
    for (const { listener } of this.#listeners) {
      const holder = 'holderOf' in listener ? await listener.holderOf(alias) : null;
      if (holder !== null) return { connection: holder.id, ip: hostName(holder.client) };
    }
    return null;
  }

  /**
   * Ends the clients of a generation of a child; only of one stream, or one role in it, if named.
   */
  endOf(owner: OwnerRef, reason: string, stream?: StreamKey, role?: Role): void {
    for (const { listener } of this.#listeners) listener.endOf(owner, reason, stream, role);
  }

  /** Ends the clients that fit, for that reason; returns what they were. */
  kick(fits: (row: ConnectionRow) => boolean, reason: string): ConnectionRow[] {
    return this.#listeners.flatMap(({ listener }) => listener.kick(fits, reason));
  }

  /** Returns the open listeners. */
  listeners(): ListenerRow[] {
    return this.#listeners.flatMap(({ name, transport, listener }) => {
      const bound = listener.address();
      if (bound === null) return [];
      const { counters: clients } = listener.summary();
      return [{ name, transport, address: shown(bound), clients }];
    });
  }
}

/** Formats a bound address as in the configuration. */
export function shown({ address: host, port }: AddressInfo): string {
  return formatAddress({ host, port });
}
