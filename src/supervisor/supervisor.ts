/**
 * The room `supervisor/`: builds the rooms, joins them, starts and closes them in order.
 * May import: every room.
 */

import type { AddressInfo } from 'node:net';
import type {
  AdminStatus,
  BoxOrders,
  ReloadOrder,
  ReloadReport,
  UpgradePlan,
  UpgradeStatus,
} from '../admin/types.js';
import type { Config } from '../config/config.js';
import { SupervisorError } from '../errors.js';
import { markIds } from '../listener/connection-ids.js';
import { record } from '../logging/tell.js';
import { receivePorts } from '../system/open-ports.js';
import type { AdminView } from './admin-view.js';
import { type Composition, compose } from './compose.js';
import { drained } from './drained.js';
import { PARTS } from './kept-parts.js';
import type { SupervisorOptions } from './options.js';
import { Reloader } from './reload.js';
import { recordReload, tellReload } from './reload-event.js';
import { Rooms } from './rooms.js';
import { startOrder } from './start-order.js';
import { completeAdoption, idMarkOf } from './upgrade-status.js';
import { tellUpgrade, Upgrader } from './upgrader.js';

/** State of the program until it is closed, shared by the supervisor and its view. */
interface Phase {
  state: Exclude<AdminStatus['state'], 'stopping'>;
}

/** The whole program: opened, started, ordered about and ended by `cli/run.ts`. */
export class Supervisor {
  readonly #options: SupervisorOptions;
  readonly #parts: Composition;
  readonly #phase: Phase;
  readonly #rooms: Rooms;
  readonly #reloader: Reloader;
  readonly #upgrader: Upgrader;
  #closing: Promise<void> | null = null;

  /** Opens and joins all parts; starts nothing. @throws ERR_CONFIG, ERR_REGISTRY_AWAY */
  static async open(options: SupervisorOptions): Promise<Supervisor> {
    const phase: Phase = { state: 'starting' };
    const { inheritance = null } = options;
    receivePorts(inheritance?.part(PARTS.ports) ?? []);
    markIds(idMarkOf(inheritance));
    const rooms = new Rooms(options.logger, () => inheritance?.canGoBack ?? false);
    const state = () => (rooms.isClosing ? 'stopping' : phase.state);
    let supervisor: Supervisor | null = null;
    const serving = () => {
      if (supervisor === null || phase.state === 'starting') throw notYet();
      return supervisor;
    };
    const orders: BoxOrders = {
      reload: async (order) => serving().reload(order),
      upgrades: {
        status: () => serving().upgradeStatus,
        upgrade: async (to, dryRun) => serving().upgrade(to, dryRun),
      },
    };
    try {
      const parts = await compose(options, state, rooms, orders);
      supervisor = new Supervisor(options, parts, phase, rooms);
      return supervisor;
    } catch (error) {
      await rooms.failed();
      throw error;
    }
  }

  private constructor(options: SupervisorOptions, parts: Composition, phase: Phase, rooms: Rooms) {
    this.#options = options;
    this.#parts = parts;
    this.#phase = phase;
    this.#rooms = rooms;
    this.#upgrader = new Upgrader(options, parts);
    const { prepared, readConfig = async () => prepared.config } = options;
    this.#reloader = new Reloader({ prepared, readConfig, upgrader: this.#upgrader }, parts);
  }

  /** The program as operators see it. */
  get view(): AdminView {
    return this.#parts.view;
  }

  /**
   * Resolves when every child that can be ready is, and clients are accepted. If `close` is called
   * meanwhile, resolves as soon as nothing more is being started.
   */
  async start(): Promise<void> {
    const isServing = await this.#rooms.start(startOrder(this.#options, this.#parts));
    if (!isServing) return;
    await this.#complete();
    this.#phase.state = 'ready';
    record(this.#options.logger, { type: 'box', state: 'serving' });
  }

  /** Applies configuration, template and certificate as their files are now. See `Reloader`. */
  reload(order: ReloadOrder = { dryRun: false, yes: false }): Promise<ReloadReport> {
    const reloading = this.#reloader.reload(order);
    return order.dryRun ? reloading : recordReload(this.#options.logger, reloading);
  }

  /** The last upgrade of this process, or the one at work. */
  get upgradeStatus(): UpgradeStatus {
    return this.#upgrader.status;
  }

  /** Puts another program in the place of this one. See `Upgrader`. */
  async upgrade(to: string | null = null, dryRun = false): Promise<UpgradePlan> {
    if (this.#phase.state !== 'ready' || this.#rooms.isClosing) throw notYet();
    return this.#upgrader.upgrade({ to, dryRun });
  }

  /** The configuration by which it runs now. */
  get config(): Config {
    return this.#parts.current.config;
  }

  /** Returns the number of open connections, and of children that are ready. */
  load(): { readonly connections: number; readonly children: number } {
    // Not of the view's status, which cannot tell the ports while an upgrade stops them.
    const { connections } = this.#parts.listeners.totals();
    const ready = this.view.children().filter(({ state }) => state === 'ready');
    return { connections, children: ready.length };
  }

  /** Opens the children's log files anew. */
  reopenLogs(): void {
    this.#parts.fleet.reopenLogs();
  }

  /** Accepts no more clients. Resolves when none is left, after `limitMs`, or on the signal. */
  async drain(limitMs: number, signal: AbortSignal): Promise<void> {
    const { budget, listeners, holds, jobs } = this.#parts;
    this.#phase.state = 'draining';
    record(this.#options.logger, { type: 'box', state: 'draining' });
    // A restart would close clients who may finish.
    await jobs.close();
    budget.shut();
    // Players that wait for a publisher do not count: no publisher can come any more.
    const isEmpty = () => listeners.totals().connections <= holds.size;
    await drained(isEmpty, limitMs, signal);
  }

  /** Accepts no more clients, ends clients and then children. Resolves when all have ended. */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    if (!this.#rooms.isClosing) record(this.#options.logger, { type: 'box', state: 'stopping' });
    const upgrade = this.#upgrader.callOff();
    if (upgrade !== null) await upgrade;
    await this.#rooms.close();
  }

  /** Returns the bound address of the admin port. Call it after start(). */
  adminAddress(): AddressInfo {
    return this.#parts.admin.address();
  }

  /** All that the program before has left is taken over. */
  async #complete(): Promise<void> {
    const { inheritance = null } = this.#options;
    if (inheritance === null) return;
    completeAdoption(inheritance);
    const { pairs } = this.#parts;
    this.#upgrader.adopted(pairs === null ? null : pairs.takenAt - inheritance.handover.stoppedAt);
    const { status } = this.#upgrader;
    tellUpgrade(this.#options, status);
    const reload = inheritance.part(PARTS.reload);
    if (reload === null || status.state === 'failed') return;
    await this.#reloader.goOn(reload);
    tellReload(this.#options.logger, reload);
  }

  /** Returns the bound address of a listener; null if it is off or not open. */
  address(name: string): AddressInfo | null {
    return this.#parts.listeners.address(name);
  }
}

function notYet(): SupervisorError {
  return new SupervisorError(
    'ERR_BUSY',
    'the supervisor does not serve: give the order when it does',
  );
}
