import type { Counts } from '../access/decide.js';
import type { Role, StreamKey } from '../stream-key.js';
import { networkOf } from './client-address.js';

/** A client that has passed the gate. */
interface Present {
  readonly stream: StreamKey;
  readonly role: Role;
  readonly address: string;
}

/** Counts of the clients that have passed the gate on this box and have not left. */
export class Presence {
  readonly #viewers = new Map<StreamKey, number>();
  /** Publishers, more than one of a stream while one gives way to another. */
  readonly #publishers = new Map<StreamKey, number>();
  /** The same by address; IPv6 by its first 64 bits. */
  readonly #byAddress = new Map<string, Map<StreamKey, number>>();

  /** Counts a client in; returns a function that counts it out. */
  enter({ stream, role, address }: Present): () => void {
    if (role === 'play') {
      add(this.#viewers, stream, 1);
      return () => add(this.#viewers, stream, -1);
    }
    const network = networkOf(address);
    const own = this.#byAddress.get(network) ?? new Map<StreamKey, number>();
    this.#byAddress.set(network, own);
    add(this.#publishers, stream, 1);
    add(own, stream, 1);
    return () => {
      add(this.#publishers, stream, -1);
      add(own, stream, -1);
      if (own.size === 0) this.#byAddress.delete(network);
    };
  }

  /** Returns what limits compare: viewers of a stream, and the streams beside it. */
  countsFor(stream: StreamKey, address: string): Counts {
    const own = this.#byAddress.get(networkOf(address));
    return {
      viewers: this.#viewers.get(stream) ?? 0,
      streams: beside(this.#publishers, stream),
      streamsOfAddress: own === undefined ? 0 : beside(own, stream),
    };
  }
}

function beside(counts: ReadonlyMap<StreamKey, number>, stream: StreamKey): number {
  return counts.size - (counts.has(stream) ? 1 : 0);
}

function add(counts: Map<StreamKey, number>, stream: StreamKey, by: 1 | -1): void {
  const count = (counts.get(stream) ?? 0) + by;
  if (count === 0) counts.delete(stream);
  else counts.set(stream, count);
}
