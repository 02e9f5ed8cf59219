import type { AdminStatus, ChildRow } from '../../admin/types.js';
import type { ConnectionRow } from '../../listener/listener.js';
import type { StreamStatus } from '../../placement/types.js';

/** The answers of a supervisor at one time. */
export interface Snapshot {
  readonly status: AdminStatus;
  readonly children: readonly ChildRow[];
  /** Null: not asked for, because their view is not shown. */
  readonly streams: readonly StreamStatus[] | null;
  /** Null: not asked for. */
  readonly clients: readonly ConnectionRow[] | null;
  /** Milliseconds since 1970. */
  readonly at: number;
}

/** Bits per second: from clients, and to them. */
export interface Rate {
  readonly in: number;
  readonly out: number;
}

export interface Rates {
  readonly box: Rate;
  /** By client id. */
  readonly clients: ReadonlyMap<string, Rate>;
  /** Sums of their clients, by stream key. */
  readonly streams: ReadonlyMap<string, Rate>;
}

interface Bytes {
  readonly bytesIn: number;
  readonly bytesOut: number;
}

export const NO_RATE: Rate = { in: 0, out: 0 };

/** Returns the rates between two snapshots. A client that was not in the first has none yet. */
export function ratesOf(before: Snapshot | null, now: Snapshot): Rates {
  const seconds = before === null ? 0 : (now.at - before.at) / 1000;
  if (before === null || seconds <= 0) {
    return { box: NO_RATE, clients: new Map(), streams: new Map() };
  }
  const known = new Map(before.clients?.map((client) => [client.id, client]));
  const clients = new Map<string, Rate>();
  const streams = new Map<string, Rate>();
  for (const client of now.clients ?? []) {
    const old = known.get(client.id);
    if (old === undefined) continue;
    const rate = rateBetween(old, client, seconds);
    clients.set(client.id, rate);
    if (client.stream === null) continue;
    const sum = streams.get(client.stream) ?? NO_RATE;
    streams.set(client.stream, { in: sum.in + rate.in, out: sum.out + rate.out });
  }
  return { box: rateBetween(before.status, now.status, seconds), clients, streams };
}

function rateBetween(old: Bytes, now: Bytes, seconds: number): Rate {
  const bitrate = (more: number) => Math.max(0, (8 * more) / seconds);
  return {
    in: bitrate(now.bytesIn - old.bytesIn),
    out: bitrate(now.bytesOut - old.bytesOut),
  };
}
