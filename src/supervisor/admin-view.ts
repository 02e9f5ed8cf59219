import type { AddressInfo } from 'node:net';
import { notesOf } from '../admin/notes.js';
import type {
  AdminSource,
  AdminStatus,
  BoxRow,
  ChildRow,
  ClientRow,
  ListenerRow,
  PortConnection,
  ProgramCounts,
  StreamRow,
} from '../admin/types.js';
import type { BoxLoad } from '../box-load.js';
import type { Prepared } from '../check/prepared.js';
import type { DiskWatch } from '../child/disk-watch.js';
import type { Viewers } from '../hls/viewers.js';
import type { Hooks } from '../hooks/hooks.js';
import type { Jobs } from '../jobs/jobs.js';
import type { ConnectionBudget } from '../listener/budget.js';
import type { HoldBudget } from '../listener/hold-budget.js';
import type { StreamFanout } from '../listener/stream-fanout.js';
import type { Placement } from '../placement/placement.js';
import type { Boxes } from '../registry/redis/boxes.js';
import type { RelayEngine } from '../relay/relay.js';
import type { Refusals } from '../unmanaged/refusals.js';
import { VERSION } from '../version.js';
import { boxLoad } from './box-load.js';
import { rowOf } from './child-rows.js';
import { backupsIn, clientRows, Publishers, streamRows } from './client-rows.js';
import { withFanout } from './fanout.js';
import { type Listeners, shown } from './listeners.js';
import type { Owners } from './owners.js';
import { childLimits } from './placement.js';
import type { Current } from './renewals.js';
import type { Served } from './served.js';

/** Most children that `status` names one by one. */
const MOST_NOTES = 10;

export interface AdminViewParts {
  readonly prepared: Pick<Prepared, 'config' | 'binary'>;
  readonly engine: RelayEngine;
  readonly owners: Owners;
  readonly placement: Placement;
  readonly listeners: Listeners;
  readonly hooks: Hooks;
  readonly holds: HoldBudget;
  readonly budget: Pick<ConnectionBudget, 'pending'>;
  /** Sessions of HLS viewers. */
  readonly viewers: Pick<Viewers, 'rows'>;
  readonly jobs: Jobs;
  readonly disk: Pick<DiskWatch, 'full'>;
  /** Null: there is none. */
  readonly fanout: Pick<StreamFanout, 'rows'> | null;
  /** Null: the map is in memory. */
  readonly boxes: Boxes | null;
  /** Refused registrations of origins. */
  readonly refusals: Refusals;
  readonly current: Current;
  readonly served: Pick<Served, 'maxConnectionsOf'>;
  readonly state: () => AdminStatus['state'];
  readonly counts: () => ProgramCounts;
  /** Returns the address of the admin port. */
  readonly address: () => AddressInfo;
}

/** The program as operators see it. */
export class AdminView implements AdminSource {
  readonly #parts: AdminViewParts;
  /** Milliseconds since 1970. */
  readonly #startedAt = Date.now();
  readonly #startedMs = performance.now();
  readonly #publishers = new Publishers();

  constructor(parts: AdminViewParts) {
    this.#parts = parts;
  }

  status(): AdminStatus {
    const { prepared, engine, placement, listeners, hooks, holds } = this.#parts;
    const { state, counts, jobs, disk, budget } = this.#parts;
    const { binary } = prepared;
    const children = this.children();
    const ready = children.filter((child) => child.state === 'ready').length;
    return {
      state: state(),
      version: VERSION,
      pid: process.pid,
      uptimeSeconds: Math.floor((performance.now() - this.#startedMs) / 1000),
      srs: { kind: binary.kind, version: binary.version, path: binary.path },
      relay: { engine: engine.name, threads: engine.threadCount },
      listeners: this.#listeners(),
      boxes: this.boxes(),
      children: { total: children.length, ready, notes: notesOf(children).slice(0, MOST_NOTES) },
      job: jobs.current?.status() ?? null,
      streams: placement.size,
      ...listeners.totals(),
      pending: budget.pending,
      heldPlayers: holds.size,
      hooks: hooks.counters(),
      ...counts(),
      fullDisk: disk.full,
      origins: this.#origins(),
    };
  }

  children(): ChildRow[] {
    const { current, owners, placement, listeners, served } = this.#parts;
    const traffic = listeners.traffic();
    const shared = childLimits(current);
    const now = Date.now();
    return owners.statuses().map((status) => {
      const bitrate = traffic.get(status.id)?.bitrate ?? 0;
      const limits = { ...shared, maxConnections: served.maxConnectionsOf(status) };
      return rowOf(status, { ...placement.counts(status.id), bitrate, limits, now });
    });
  }

  boxes(): BoxRow[] {
    const { boxes } = this.#parts;
    if (boxes === null) return [];
    const others = Array.from(boxes.list(), ([id, { host, load = null }]) => {
      return { id, host, own: false, load };
    });
    const own = { id: boxes.id, host: boxes.host, own: true, load: this.load() };
    return [own, ...others].sort((a, b) => (a.id < b.id ? -1 : 1));
  }

  /** Returns what this box carries now. */
  load(): BoxLoad {
    return boxLoad({ ...this.#parts, startedAt: this.#startedAt });
  }

  async streams(): Promise<StreamRow[]> {
    const { placement, listeners, viewers, fanout } = this.#parts;
    const rows = await listeners.rows();
    const publishers = this.#publishers.of(rows, Date.now());
    const backups = backupsIn(rows);
    const facts = { owned: placement.list(), publishers, backups, viewers: viewers.rows() };
    return withFanout(streamRows(facts, Date.now()), fanout?.rows() ?? new Map());
  }

  connections(): Promise<PortConnection[]> {
    return this.#parts.listeners.rows();
  }

  async clients(): Promise<ClientRow[]> {
    const { listeners, viewers } = this.#parts;
    return clientRows(await listeners.rows(), viewers.rows(), Date.now());
  }

  #origins(): AdminStatus['origins'] {
    const { prepared, refusals } = this.#parts;
    const { from, token } = prepared.config.origins;
    const mayRegister = from.length > 0 || token !== null || prepared.config.admin.token !== null;
    return { mayRegister, refused: refusals.rows() };
  }

  #listeners(): ListenerRow[] {
    const { listeners, address } = this.#parts;
    return [
      ...listeners.listeners(),
      { name: 'admin', transport: 'tcp', address: shown(address()) },
    ];
  }
}
