import type { ChildStatus } from '../child/types.js';
import type { StreamStatus } from '../placement/types.js';
import type { Role, StreamKey } from '../stream-key.js';

/** Where a listener answers; `address` as in the config, with the real port. */
export interface ListenerRow {
  readonly name: string;
  readonly transport: 'tcp' | 'udp';
  readonly address: string;
  /** What has become of its clients since the start; the admin port counts none. */
  readonly clients?: ClientCounters;
}

/** Connections by what they came to. */
export interface ClientCounters {
  readonly accepted: number;
  /** Relayed to a child, and ended since. */
  readonly relayed: number;
  /** Turned away unread by a limit on connections. */
  readonly refused: number;
  /** By reason: said nothing in time, sent what is no RTMP, left early, no child was ready, … */
  readonly failed: Readonly<Record<string, number>>;
}

/** `GET /admin/v1/status`. */
export interface AdminStatus {
  readonly state: 'starting' | 'ready' | 'draining';
  readonly version: string;
  readonly pid: number;
  readonly uptimeSeconds: number;
  readonly srs: {
    readonly kind: 'srs' | 'mini-srs';
    readonly version: string;
    readonly path: string;
  };
  readonly listeners: readonly ListenerRow[];
  readonly children: { readonly total: number; readonly ready: number };
  readonly streams: number;
  /** Client connections now. */
  readonly connections: number;
  /** From clients to children, since the start. */
  readonly bytesIn: number;
  /** From children to clients, since the start. */
  readonly bytesOut: number;
}

/** One of `GET /admin/v1/children`. */
export interface ChildRow extends ChildStatus {
  readonly streams: number;
  readonly clients: number;
}

/** One of `GET /admin/v1/connections`. */
export interface ConnectionRow {
  readonly id: number | string;
  /** The client's own address and port. */
  readonly client: string;
  /** The 127.x.y.z address that stands for the client in its child; null where it has none. */
  readonly alias: string | null;
  /** Null until the stream's owner is known, as the next two. */
  readonly child: string | null;
  readonly stream: StreamKey | null;
  readonly role: Role | null;
  readonly bytesIn: number;
  readonly bytesOut: number;
  /** Milliseconds since 1970. */
  readonly since: number;
}

/** What the admin port shows: snapshots, read at each request. */
export interface AdminSource {
  status(): AdminStatus;
  children(): readonly ChildRow[];
  streams(): Promise<readonly StreamStatus[]>;
  connections(): readonly ConnectionRow[];
}
