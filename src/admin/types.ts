import { z } from 'zod';
import { BOX_LOAD } from '../box-load.js';
import { DISK_SPACE } from '../child/disk-watch.js';
import { CHILD_STATE, CHILD_STATUS } from '../child/types.js';
import { BITRATE, BYTES, COUNT, ROLE, STREAM_KEY, TIME } from '../fields.js';
import { HOOK_ACTIONS } from '../hooks/actions.js';
import { HOOK_COUNTERS } from '../hooks/counters.js';
import { JOB_REPORT, JOB_STATUS } from '../jobs/job.js';
import { CONNECTION_ROW, LISTENER_COUNTERS } from '../listener/listener.js';
import { FANOUT_ROW } from '../listener/stream-feeds.js';
import { STREAM_STATUS } from '../placement/types.js';
import { REFUSAL_ROW } from '../unmanaged/refusals.js';

/** A listener; `address` as in the config, but with the real port. */
const LISTENER_ROW = z.object({
  name: z.string().describe('the port by its name in the configuration, without listen.'),
  transport: z.enum(['tcp', 'udp']),
  address: z.string(),
  clients: LISTENER_COUNTERS.exactOptional().describe(
    'counters of its clients since the start; absent for the admin port',
  ),
});
export type ListenerRow = Readonly<z.infer<typeof LISTENER_ROW>>;

/** A box that shares the stream map. */
const BOX_ROW = z.object({
  id: z.string(),
  host: z.string().describe('host at which the others reach it'),
  own: z.boolean().describe('true for this box'),
  load: BOX_LOAD.nullable().describe('null: that box is of an older version, or has just begun'),
});
export type BoxRow = Readonly<z.infer<typeof BOX_ROW>>;

/** The program's own counters since its start. */
const PROGRAM_COUNTS = z.object({
  unforeseenErrors: COUNT.describe('uncaught errors; each kind is logged with its stack'),
  logLinesDropped: COUNT.describe('log lines dropped because their reader was too slow'),
});
export type ProgramCounts = Readonly<z.infer<typeof PROGRAM_COUNTS>>;

/** A child that is not simply ready. */
const CHILD_NOTE = z.object({
  id: z.string(),
  state: z.enum([...CHILD_STATE.options, 'silent', 'busy', 'ejected']),
  since: TIME,
  why: z.string().nullable(),
});
export type ChildNote = Readonly<z.infer<typeof CHILD_NOTE>>;

/** Answer of `GET /admin/v1/status`. */
export const ADMIN_STATUS = z
  .object({
    ...PROGRAM_COUNTS.shape,
    state: z.enum(['starting', 'ready', 'draining', 'stopping']),
    version: z.string(),
    pid: COUNT,
    uptimeSeconds: COUNT,
    srs: z.object({
      kind: z
        .enum(['srs', 'mini-srs', 'none'])
        .describe('none: all children are registered origins'),
      version: z.string(),
      path: z.string(),
    }),
    relay: z
      .object({ engine: z.enum(['native', 'portable']), threads: COUNT })
      .describe("the relay engine; 0 threads: the supervisor's own thread"),
    listeners: z.array(LISTENER_ROW).readonly(),
    boxes: z
      .array(BOX_ROW)
      .readonly()
      .describe('living boxes that share the map, this one included; empty with a map in memory'),
    children: z.object({
      total: COUNT,
      ready: COUNT,
      notes: z
        .array(CHILD_NOTE)
        .readonly()
        .describe('the first children that are not simply ready, and why'),
    }),
    job: JOB_STATUS.nullable().describe('the job at work on children; null: none'),
    streams: COUNT,
    connections: COUNT.describe('current client connections'),
    pending: COUNT.describe('of these, clients that have not said yet what they want'),
    bytesIn: BYTES.describe('bytes from clients to children since the start'),
    bytesOut: BYTES.describe('bytes from children to clients since the start'),
    heldPlayers: COUNT.describe('players waiting here for streams without a publisher'),
    hooks: z
      .partialRecord(z.enum(HOOK_ACTIONS), HOOK_COUNTERS)
      .describe("counters of the children's hooks by action; actions never called are omitted"),
    fullDisk: DISK_SPACE.nullable().describe(
      'room on the disk of the work directory while it is full; null: it has room',
    ),
    origins: z
      .object({
        mayRegister: z.boolean().describe('whether any sender may register an origin'),
        refused: z
          .array(REFUSAL_ROW)
          .readonly()
          .describe('recent refusals, and configured origins that cannot be reached'),
      })
      .describe('origins that the supervisor did not start'),
  })
  .meta({ id: 'Status' });
export type AdminStatus = Readonly<z.infer<typeof ADMIN_STATUS>>;

/** An entry of `GET /admin/v1/children`. */
export const CHILD_ROW = z
  .object({
    ...CHILD_STATUS.shape,
    managed: z.boolean().describe('false for an origin that the supervisor did not start'),
    streams: COUNT,
    clients: COUNT,
    bitrate: BITRATE.describe('bits per second of its clients, both ways'),
  })
  .meta({ id: 'Child' });
export type ChildRow = Readonly<z.infer<typeof CHILD_ROW>>;

/** An entry of `GET /admin/v1/streams`. */
export const STREAM_ROW = z
  .object({
    ...STREAM_STATUS.shape,
    publisher: z
      .string()
      .nullable()
      .describe('address and port of the publisher; null if none is connected to this box'),
    bitrate: BITRATE.nullable().describe(
      'bits per second from the publisher; null if none is connected to this box',
    ),
    backup: z
      .string()
      .exactOptional()
      .describe('address and port of a publisher that waits on this box; absent: there is none'),
    fanout: FANOUT_ROW.exactOptional().describe(
      'absent while no viewers share a connection to the child',
    ),
  })
  .meta({ id: 'Stream' });
export type StreamRow = Readonly<z.infer<typeof STREAM_ROW>>;

/** An entry of `GET /admin/v1/connections`. */
export const PORT_CONNECTION = z
  .object({
    ...CONNECTION_ROW.shape,
    port: z
      .string()
      .describe('port that it came to, by its name in the configuration without listen.'),
  })
  .meta({ id: 'PortConnection' });
export type PortConnection = Readonly<z.infer<typeof PORT_CONNECTION>>;

/**
 * An entry of `GET /admin/v1/clients`: a connection that has named its stream, or an HLS session.
 */
export const CLIENT_ROW = z
  .object({
    id: z.string().describe("id of the connection, or the session's hls_ctx"),
    client: z.string().describe('address and port; of an HLS session the address alone'),
    port: z.string().describe('port by its name in the configuration, hls for an HLS session'),
    role: ROLE,
    stream: STREAM_KEY,
    child: z.string().nullable().describe('null: it waits for its stream'),
    bytesIn: BYTES.describe('bytes from the client'),
    bytesOut: BYTES.describe('bytes to the client'),
    since: TIME,
  })
  .meta({ id: 'Client' });
export type ClientRow = Readonly<z.infer<typeof CLIENT_ROW>>;

/** Source of the admin port's data; each call returns a snapshot. */
export interface AdminSource {
  status(): AdminStatus;
  children(): readonly ChildRow[];
  streams(): Promise<readonly StreamRow[]>;
  connections(): Promise<readonly PortConnection[]>;
  clients(): Promise<readonly ClientRow[]>;
}

const CUT = z
  .record(z.string(), z.int())
  .readonly()
  .describe('connections that are closed, by port; ports without any are omitted');

/** Plan of an upgrade that is about to be done, or would be. */
export const UPGRADE_PLAN = z
  .object({
    dryRun: z.boolean().describe('nothing was changed: it was only asked what would be done'),
    from: z.string().describe('version of the running program'),
    to: z.string().describe('version of the one that takes its place'),
    script: z.string().describe('path of the script that is started'),
    kept: z.int().describe('connections that live on'),
    cut: CUT,
  })
  .meta({ id: 'UpgradePlan' });
export type UpgradePlan = Readonly<z.infer<typeof UPGRADE_PLAN>>;

/** Outcome of a reload, or of one that only tells. */
export const RELOAD_REPORT = z
  .object({
    dryRun: z.boolean().describe('nothing was changed: it was only asked what a reload would do'),
    applied: z.array(z.string()).readonly().describe('changed keys that apply now'),
    restartsChildren: z
      .boolean()
      .describe('the children are restarted one after another, to go by them'),
    refused: z
      .array(z.object({ key: z.string(), reason: z.string() }))
      .readonly()
      .describe('changed keys that keep their old value, and why'),
    error: z
      .string()
      .nullable()
      .describe('why a child does not go by the new template yet; null: all do'),
    upgrade: UPGRADE_PLAN.nullable().describe(
      'the upgrade in place by which all is applied as soon as this is answered; null: there is none',
    ),
    job: JOB_REPORT.nullable().describe(
      'the job that restarts, adds or removes children; null: there is none, or the next program begins it',
    ),
  })
  .meta({ id: 'ReloadReport' });
export type ReloadReport = Readonly<z.infer<typeof RELOAD_REPORT>>;

export interface ReloadOrder {
  /** Nothing is changed. */
  readonly dryRun: boolean;
  /** Clients may be closed that an upgrade in place cannot keep. */
  readonly yes: boolean;
}

/** Reloads the configuration. Rejects if a file is bad. */
export type Reload = (order: ReloadOrder) => Promise<ReloadReport>;

/** The last upgrade of this process. */
export const UPGRADE_STATUS = z
  .object({
    state: z
      .enum(['none', 'running', 'done', 'failed'])
      .describe('`failed`: the program before runs again'),
    upgrades: z
      .int()
      .describe('programs that this process has had before, those included that failed'),
    from: z.string().nullable().describe('version of the program before; null: there was none'),
    to: z.string().nullable().describe('version of this one'),
    pauseMs: z.number().nullable().describe('milliseconds for which media stood still'),
    kept: z.int().describe('connections that live on'),
    cut: CUT,
    error: z.string().nullable().describe('why it failed; null: it has not'),
  })
  .meta({ id: 'UpgradeStatus' });
export type UpgradeStatus = Readonly<z.infer<typeof UPGRADE_STATUS>>;

/** Replaces the program in place. */
export interface Upgrades {
  status(): UpgradeStatus;
  /** Rejects if the new program cannot follow; nothing has changed then. */
  upgrade(to: string | null, dryRun: boolean): Promise<UpgradePlan>;
}

/** The orders of the admin port to the whole program. */
export interface BoxOrders {
  readonly reload: Reload;
  readonly upgrades: Upgrades;
}
