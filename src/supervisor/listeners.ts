import type { AddressInfo } from 'node:net';
import type { ListenerRow } from '../admin/types.js';
import { formatAddress } from '../config/address.js';
import type { AliasListener, ChildTraffic, ConnectionRow, Listener } from '../listener/listener.js';
import type { OwnerRef } from '../owner.js';
import { hostName } from '../protocol/http/target.js';
import type { Role, StreamKey } from '../stream-key.js';

/** A port that clients come to, by the name that it has in the configuration. */
export interface NamedListener {
  readonly name: string;
  readonly transport: 'tcp' | 'udp';
  readonly listener: Listener | AliasListener;
}

const NONE: ChildTraffic = { connections: 0, bitrate: 0, bitrateOut: 0 };

/** All ports that clients come to, as one. */
export class Listeners {
  readonly #listeners: NamedListener[] = [];

  add(...listeners: readonly NamedListener[]): void {
    this.#listeners.push(...listeners);
  }

  [Symbol.iterator](): IterableIterator<NamedListener> {
    return this.#listeners.values();
  }

  /** Where clients of that name come in; null while nobody is let in there. */
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

  /** What each child's clients do, over all ports; a child without clients is left out. */
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

  async rows(): Promise<ConnectionRow[]> {
    return (await Promise.all(this.#listeners.map(({ listener }) => listener.rows()))).flat();
  }

  /** The client's address, without its port, behind an alias; null when that is nobody's. */
  async addressOf(alias: string): Promise<string | null> {
    const client = await this.clientOf(alias);
    return client === null ? null : hostName(client);
  }

  /** The true address of the client behind an alias, or null when it is nobody's. */
  async clientOf(alias: string): Promise<string | null> {
    for (const { listener } of this.#listeners) {
      const client = 'clientOf' in listener ? await listener.clientOf(alias) : null;
      if (client !== null) return client;
    }
    return null;
  }

  /** Ends the clients of a child's life, or those of one stream, or of one role in that. */
  endOf(owner: OwnerRef, reason: string, stream?: StreamKey, role?: Role): void {
    for (const { listener } of this.#listeners) listener.endOf(owner, reason, stream, role);
  }

  /** Those that are open. */
  listeners(): ListenerRow[] {
    return this.#listeners.flatMap(({ name, transport, listener }) => {
      const bound = listener.address();
      if (bound === null) return [];
      const { counters: clients } = listener.summary();
      return [{ name, transport, address: shown(bound), clients }];
    });
  }
}

/** A bound address as the config writes one. */
export function shown({ address: host, port }: AddressInfo): string {
  return formatAddress({ host, port });
}
