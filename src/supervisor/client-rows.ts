import type { ClientRow, PortConnection, StreamRow } from '../admin/types.js';
import type { ViewerRow } from '../hls/viewers.js';
import type { StreamStatus } from '../placement/types.js';
import type { StreamKey } from '../stream-key.js';

/** Port of an HLS session in the rows of clients. */
const HLS = 'hls';
/** Least milliseconds over which a bitrate is measured. */
const LEAST_MS = 1000;

/** A stream's publisher. */
interface Publisher {
  readonly client: string;
  /** Bits per second. */
  readonly bitrate: number;
}

/** A publisher's bytes when they were last looked at. */
interface Sample {
  readonly bytes: number;
  /** Milliseconds since 1970. */
  readonly at: number;
  readonly bitrate: number;
}

/**
 * Measures the bitrates of publishers between the questions for them, and at the first one since
 * the publisher came. The history asks every 20 seconds.
 */
export class Publishers {
  /** By the connection's id. */
  #samples = new Map<string, Sample>();

  /** Returns each stream's publisher; of several the last that came. `now`: ms since 1970. */
  of(rows: readonly PortConnection[], now: number): Map<StreamKey, Publisher> {
    const samples = new Map<string, Sample>();
    const publishers = new Map<StreamKey, Publisher>();
    const publishing = rows.filter(({ role }) => role === 'publish');
    for (const row of publishing.sort((a, b) => a.since - b.since)) {
      if (row.stream === null) continue;
      const sample = this.#sample(row, now);
      samples.set(row.id, sample);
      publishers.set(row.stream, { client: row.client, bitrate: sample.bitrate });
    }
    this.#samples = samples;
    return publishers;
  }

  #sample({ id, bytesIn: bytes, since }: PortConnection, now: number): Sample {
    const last = this.#samples.get(id);
    if (last !== undefined && now - last.at < LEAST_MS) return last;
    const from = last ?? { bytes: 0, at: since };
    const seconds = Math.max(LEAST_MS, now - from.at) / 1000;
    return { bytes, at: now, bitrate: Math.round((8 * (bytes - from.bytes)) / seconds) };
  }
}

/** Returns the addresses of the publishers that wait as backups. */
export function backupsIn(rows: readonly PortConnection[]): Map<StreamKey, string> {
  const backups = new Map<StreamKey, string>();
  for (const { role, stream, client } of rows) {
    if (role === 'backup' && stream !== null) backups.set(stream, client);
  }
  return backups;
}

/** Sources of the rows of streams. */
interface StreamFacts {
  /** Streams that have an owner and a client of this box, in order of their keys. */
  readonly owned: readonly StreamStatus[];
  readonly publishers: ReadonlyMap<StreamKey, Publisher>;
  /** Addresses of the publishers that wait. */
  readonly backups: ReadonlyMap<StreamKey, string>;
  readonly viewers: readonly ViewerRow[];
}

/**
 * Returns the rows of streams. HLS sessions count as clients; they have no connection, so a stream
 * of another box may be here by them alone. `now`: milliseconds since 1970.
 */
export function streamRows(
  { owned, publishers, backups, viewers }: StreamFacts,
  now: number,
): StreamRow[] {
  const sessions = new Map<StreamKey, ViewerRow[]>();
  for (const viewer of viewers) {
    const others = sessions.get(viewer.stream);
    if (others === undefined) sessions.set(viewer.stream, [viewer]);
    else others.push(viewer);
  }
  const known = new Set(owned.map(({ stream }) => stream));
  const rows = owned.map((row) => {
    const { client = null, bitrate = null } = publishers.get(row.stream) ?? {};
    const clients = row.clients + (sessions.get(row.stream)?.length ?? 0);
    const backup = backups.get(row.stream);
    const shown = { ...row, clients, publisher: client, bitrate };
    return backup === undefined ? shown : { ...shown, backup };
  });
  const farther = [...sessions].filter(([stream]) => !known.has(stream));
  const further = farther.flatMap(([stream, those]) => elsewhere(stream, those, now));
  return [...rows, ...further].sort((a, b) => (a.stream < b.stream ? -1 : 1));
}

/** Returns the row of a stream that is here by HLS sessions alone, if another box has it. */
function elsewhere(stream: StreamKey, viewers: readonly ViewerRow[], now: number): StreamRow[] {
  const last = viewers.findLast(({ box }) => box !== null);
  if (last === undefined || last.child === null || last.box === null) return [];
  const { child, box } = last;
  const since = now - Math.max(...viewers.map(({ ageMs }) => ageMs));
  const clients = viewers.length;
  return [{ stream, child, box, publishing: true, clients, since, publisher: null, bitrate: null }];
}

/** Returns the connections that have named their stream, and the HLS sessions. */
export function clientRows(
  rows: readonly PortConnection[],
  viewers: readonly ViewerRow[],
  now: number,
): ClientRow[] {
  const connections = rows.flatMap(({ alias: _, stream, role, ...row }) =>
    stream === null || role === null ? [] : [{ ...row, stream, role }],
  );
  const sessions = viewers.map(({ session, client, stream, child, bytesOut, ageMs }) => {
    const since = now - ageMs;
    const own = { id: session, client, port: HLS, role: 'play' as const };
    return { ...own, stream, child, bytesIn: 0, bytesOut, since };
  });
  return [...connections, ...sessions];
}
