import type { AdminStatus, ChildRow, ClientRow, StreamRow } from '../../admin/types.js';

/** The answers of a supervisor at one time. */
export interface Snapshot {
  readonly status: AdminStatus;
  readonly children: readonly ChildRow[];
  /** Null: not asked for, because their view is not shown. */
  readonly streams: readonly StreamRow[] | null;
  /** Null: not asked for. */
  readonly clients: readonly ClientRow[] | null;
  /** Milliseconds since 1970. */
  readonly at: number;
}

/** Bits per second of all clients: from them, and to them. */
export interface Rate {
  readonly in: number;
  readonly out: number;
}

/** Returns the rate between two snapshots; 0 at the first, and after a restart. */
export function rateBetween(before: Snapshot | null, now: Snapshot): Rate {
  const seconds = before === null ? 0 : (now.at - before.at) / 1000;
  if (before === null || seconds <= 0) return { in: 0, out: 0 };
  const bitrate = (more: number) => Math.max(0, (8 * more) / seconds);
  return {
    in: bitrate(now.status.bytesIn - before.status.bytesIn),
    out: bitrate(now.status.bytesOut - before.status.bytesOut),
  };
}
