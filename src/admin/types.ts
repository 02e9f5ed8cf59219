import type { ChildStatus } from '../child/types.js';
import type { HookAction } from '../hooks/actions.js';
import type { HookCounters } from '../hooks/counters.js';
import type { ConnectionRow, ListenerCounters } from '../listener/listener.js';
import type { StreamStatus } from '../placement/types.js';
import type { RefusalRow } from '../unmanaged/refusals.js';

/** Where a listener answers; `address` as in the config, with the real port. */
export interface ListenerRow {
  readonly name: string;
  readonly transport: 'tcp' | 'udp';
  readonly address: string;
  /** What has become of its clients since the start; the admin port counts none. */
  readonly clients?: ListenerCounters;
}

/** A box that shares the map of streams. */
export interface BoxRow {
  readonly id: string;
  /** Where the others reach it. */
  readonly host: string;
  /** This very one. */
  readonly own: boolean;
}

/** What the program counts of itself, since its start. */
export interface ProgramCounts {
  /** Errors that nobody caught; each kind is in the log, with its stack. */
  readonly unforeseenErrors: number;
  /** Lines of the log that nobody took in time. */
  readonly logLinesDropped: number;
}

/** `GET /admin/v1/status`. */
export interface AdminStatus extends ProgramCounts {
  readonly state: 'starting' | 'ready' | 'draining';
  readonly version: string;
  readonly pid: number;
  readonly uptimeSeconds: number;
  readonly srs: {
    /** `none`: all children are origins that registered. */
    readonly kind: 'srs' | 'mini-srs' | 'none';
    readonly version: string;
    readonly path: string;
  };
  /** What moves the bytes; 0 threads: the supervisor's own. */
  readonly relay: { readonly engine: 'native' | 'portable'; readonly threads: number };
  readonly listeners: readonly ListenerRow[];
  /** Those that share the map and live, this one too; none where the map is in memory. */
  readonly boxes: readonly BoxRow[];
  readonly children: { readonly total: number; readonly ready: number };
  readonly streams: number;
  /** Client connections now. */
  readonly connections: number;
  /** From clients to children, since the start. */
  readonly bytesIn: number;
  /** From children to clients, since the start. */
  readonly bytesOut: number;
  /** Players that wait here for streams that nobody publishes. */
  readonly heldPlayers: number;
  /** What became of the children's hooks, by action; an action that never was called is left out. */
  readonly hooks: Partial<Record<HookAction, HookCounters>>;
  /** Those that we did not start. */
  readonly origins: {
    /** Whether anybody may register one. */
    readonly mayRegister: boolean;
    /** Who was refused lately, and fixed ones that cannot be had. */
    readonly refused: readonly RefusalRow[];
  };
}

/** One of `GET /admin/v1/children`. */
export interface ChildRow extends ChildStatus {
  /** False for an origin that we did not start. */
  readonly managed: boolean;
  readonly streams: number;
  readonly clients: number;
}

/** What the admin port shows: snapshots, read at each request. */
export interface AdminSource {
  status(): AdminStatus;
  children(): readonly ChildRow[];
  streams(): Promise<readonly StreamStatus[]>;
  connections(): Promise<readonly ConnectionRow[]>;
}
