import { everySeconds } from '../system/every-seconds.js';
import type { Connection } from './connection.js';
import type { Connections } from './connections.js';
import type { ChildTraffic, ListenerCounters, ListenerSummary } from './listener.js';

const NONE: ChildTraffic = { connections: 0, bitrate: 0, bitrateOut: 0 };
/** Reused at each reading: one new object per connection and second would be much garbage. */
interface Bytes {
  in: number;
  out: number;
}

/**
 * Reads the byte counters of a listener's connections once a second, so that queries do not iterate
 * over them.
 */
export class TrafficMeter {
  readonly #connections: Connections;
  readonly #stop: () => void;
  /** Bytes of each connection at the last reading. */
  #seen = new Map<Connection, Bytes>();
  #children = new Map<string, ChildTraffic>();
  #bytes = { in: 0, out: 0 };
  #readAt = performance.now();

  constructor(connections: Connections) {
    this.#connections = connections;
    this.#stop = everySeconds(1, () => this.#read());
  }

  /** Returns the last reading, with current counters and number of connections. */
  summary(counters: ListenerCounters): ListenerSummary {
    const { in: bytesIn, out: bytesOut } = this.#bytes;
    const connections = this.#connections.size;
    const { playing } = this.#connections;
    return { counters, connections, bytesIn, bytesOut, traffic: this.#children, playing };
  }

  close(): void {
    this.#stop();
  }

  #read(): void {
    const now = performance.now();
    const seconds = (now - this.#readAt) / 1000;
    this.#readAt = now;
    const children = new Map<string, ChildTraffic>();
    const seen = new Map<Connection, Bytes>();
    for (const connection of this.#connections) {
      if (connection.owner === null || connection.relayed === null) continue;
      const { bytesIn, bytesOut } = connection.relayed;
      const last = this.#seen.get(connection) ?? { in: 0, out: 0 };
      const into = (8 * (bytesIn - last.in)) / seconds;
      const out = (8 * (bytesOut - last.out)) / seconds;
      last.in = bytesIn;
      last.out = bytesOut;
      seen.set(connection, last);
      const { id } = connection.owner;
      children.set(id, sumOf(children.get(id) ?? NONE, into, out));
    }
    this.#children = children;
    this.#seen = seen;
    this.#bytes = this.#connections.bytes;
  }
}

function sumOf({ connections, bitrate, bitrateOut }: ChildTraffic, into: number, out: number) {
  return {
    connections: connections + 1,
    bitrate: bitrate + into + out,
    bitrateOut: bitrateOut + out,
  };
}
