import type { DiskSpace } from '../child/disk-watch.js';
import type { ChildState, ChildStatus } from '../child/types.js';
import type { HookAction } from '../hooks/actions.js';
import type { HookCounters } from '../hooks/counters.js';
import type { JobReport, JobStatus } from '../jobs/job.js';
import type { FanoutRow } from '../listener/http/stream-feeds.js';
import type { ConnectionRow, ListenerCounters } from '../listener/listener.js';
import type { StreamStatus } from '../placement/types.js';
import type { Role, StreamKey } from '../stream-key.js';
import type { RefusalRow } from '../unmanaged/refusals.js';

/** A listener; `address` as in the config, but with the real port. */
export interface ListenerRow {
  readonly name: string;
  readonly transport: 'tcp' | 'udp';
  readonly address: string;
  /** Counters of its clients since the start; absent for the admin port. */
  readonly clients?: ListenerCounters;
}

/** A box that shares the stream map. */
export interface BoxRow {
  readonly id: string;
  /** Host at which the others reach it. */
  readonly host: string;
  /** True for this box. */
  readonly own: boolean;
}

/** The program's own counters since its start. */
export interface ProgramCounts {
  /** Uncaught errors; each kind is logged with its stack. */
  readonly unforeseenErrors: number;
  /** Log lines that were dropped because their reader was too slow. */
  readonly logLinesDropped: number;
}

/** Answer of `GET /admin/v1/status`. */
export interface AdminStatus extends ProgramCounts {
  readonly state: 'starting' | 'ready' | 'draining' | 'stopping';
  readonly version: string;
  readonly pid: number;
  readonly uptimeSeconds: number;
  readonly srs: {
    /** `none`: all children are registered origins. */
    readonly kind: 'srs' | 'mini-srs' | 'none';
    readonly version: string;
    readonly path: string;
  };
  /** The relay engine; 0 threads: the supervisor's own thread. */
  readonly relay: { readonly engine: 'native' | 'portable'; readonly threads: number };
  readonly listeners: readonly ListenerRow[];
  /** Living boxes that share the map, this one included; empty with a map in memory. */
  readonly boxes: readonly BoxRow[];
  readonly children: {
    readonly total: number;
    readonly ready: number;
    /** The first children that are not simply ready, and why. */
    readonly notes: readonly ChildNote[];
  };
  /** The job at work on children; null: none. */
  readonly job: JobStatus | null;
  readonly streams: number;
  /** Current client connections. */
  readonly connections: number;
  /** Bytes from clients to children since the start. */
  readonly bytesIn: number;
  /** Bytes from children to clients since the start. */
  readonly bytesOut: number;
  /** Players waiting here for streams without a publisher. */
  readonly heldPlayers: number;
  /** Counters of the children's hooks by action; actions never called are omitted. */
  readonly hooks: Partial<Record<HookAction, HookCounters>>;
  /** Room on the disk of the work directory while it is full; null: it has room. */
  readonly fullDisk: DiskSpace | null;
  /** Origins that we did not start. */
  readonly origins: {
    /** Reports whether any sender may register an origin. */
    readonly mayRegister: boolean;
    /** Recent refusals, and configured origins that cannot be reached. */
    readonly refused: readonly RefusalRow[];
  };
}

/** A child that is not simply ready. */
export interface ChildNote {
  readonly id: string;
  readonly state: ChildState | 'silent' | 'busy' | 'ejected';
  /** Milliseconds since 1970. */
  readonly since: number;
  readonly why: string | null;
}

/** An entry of `GET /admin/v1/children`. */
export interface ChildRow extends ChildStatus {
  /** False for an origin that we did not start. */
  readonly managed: boolean;
  readonly streams: number;
  readonly clients: number;
  /** Bits per second of its clients, both ways. */
  readonly bitrate: number;
}

/** An entry of `GET /admin/v1/streams`. */
export interface StreamRow extends StreamStatus {
  /** Address and port of the publisher; null if none is connected to this box. */
  readonly publisher: string | null;
  /** Bits per second from the publisher; null if none is connected to this box. */
  readonly bitrate: number | null;
  /** Absent while no viewers share a connection to the child. */
  readonly fanout?: FanoutRow;
}

/** An entry of `GET /admin/v1/connections`. */
export interface PortConnection extends ConnectionRow {
  /** Port that it came to, by its name in the configuration without `listen.`. */
  readonly port: string;
}

/**
 * An entry of `GET /admin/v1/clients`: a connection that has named its stream, or an HLS session.
 */
export interface ClientRow {
  /** Id of the connection, or the session's `hls_ctx`. */
  readonly id: string;
  /** Address and port; of an HLS session the address alone. */
  readonly client: string;
  /** Port by its name in the configuration, `hls` for an HLS session. */
  readonly port: string;
  readonly role: Role;
  readonly stream: StreamKey;
  /** Null: it waits for its stream. */
  readonly child: string | null;
  readonly bytesIn: number;
  readonly bytesOut: number;
  /** Milliseconds since 1970. */
  readonly since: number;
}

/** Source of the admin port's data; each call returns a snapshot. */
export interface AdminSource {
  status(): AdminStatus;
  children(): readonly ChildRow[];
  streams(): Promise<readonly StreamRow[]>;
  connections(): Promise<readonly PortConnection[]>;
  clients(): Promise<readonly ClientRow[]>;
}

/** Outcome of a reload, or of one that only tells. */
export interface ReloadReport {
  /** Nothing was changed: it was only asked what a reload would do. */
  readonly dryRun: boolean;
  /** Changed keys that apply now. */
  readonly applied: readonly string[];
  /** The children are restarted one after another, to go by them. */
  readonly restartsChildren: boolean;
  /** Changed keys that keep their old value, and why. */
  readonly refused: readonly { readonly key: string; readonly reason: string }[];
  /** Why a child does not go by the new template yet; null: all do. */
  readonly error: string | null;
  /** The job that restarts, adds or removes children; null: there is none. */
  readonly job: JobReport | null;
}

/** Reloads the configuration; with `dryRun` it changes nothing. Rejects if a file is bad. */
export type Reload = (dryRun: boolean) => Promise<ReloadReport>;
