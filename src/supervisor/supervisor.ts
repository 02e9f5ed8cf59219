/**
 * The room `supervisor/`: builds the rooms, joins them, starts and closes them in order.
 * May import: every room.
 */

import type { AddressInfo } from 'node:net';
import type { AdminStatus, Reload, ReloadReport } from '../admin/types.js';
import type { Config } from '../config/config.js';
import { SupervisorError } from '../errors.js';
import { record } from '../logging/tell.js';
import type { AdminView } from './admin-view.js';
import { type Composition, compose } from './compose.js';
import { drained } from './drained.js';
import type { SupervisorOptions } from './options.js';
import { Reloader } from './reload.js';
import { recordReload } from './reload-event.js';
import { Rooms } from './rooms.js';
import { startOrder } from './start-order.js';

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

  /** Opens and joins all parts; starts nothing. @throws ERR_CONFIG, ERR_REGISTRY_AWAY */
  static async open(options: SupervisorOptions): Promise<Supervisor> {
    const phase: Phase = { state: 'starting' };
    const rooms = new Rooms(options.logger);
    const state = () => (rooms.isClosing ? 'stopping' : phase.state);
    let supervisor: Supervisor | null = null;
    const reload: Reload = async (dryRun) => {
      if (supervisor === null || phase.state === 'starting') throw notYet();
      return supervisor.reload(dryRun);
    };
    try {
      const parts = await compose(options, state, rooms, reload);
      supervisor = new Supervisor(options, parts, phase, rooms);
      return supervisor;
    } catch (error) {
      await rooms.close();
      throw error;
    }
  }

  private constructor(options: SupervisorOptions, parts: Composition, phase: Phase, rooms: Rooms) {
    this.#options = options;
    this.#parts = parts;
    this.#phase = phase;
    this.#rooms = rooms;
    const { prepared, readConfig = async () => prepared.config } = options;
    this.#reloader = new Reloader({ prepared, readConfig }, parts);
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
    this.#phase.state = 'ready';
    record(this.#options.logger, { type: 'box', state: 'serving' });
  }

  /** Applies configuration, template and certificate as their files are now. See `Reloader`. */
  reload(dryRun = false): Promise<ReloadReport> {
    const reloading = this.#reloader.reload(dryRun);
    return dryRun ? reloading : recordReload(this.#options.logger, reloading);
  }

  /** The configuration by which it runs now. */
  get config(): Config {
    return this.#parts.current.config;
  }

  /** Returns the number of open connections, and of children that are ready. */
  load(): { readonly connections: number; readonly children: number } {
    const { connections, children } = this.view.status();
    return { connections, children: children.ready };
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
    if (!this.#rooms.isClosing) record(this.#options.logger, { type: 'box', state: 'stopping' });
    return this.#rooms.close();
  }

  /** Returns the bound address of the admin port. Call it after start(). */
  adminAddress(): AddressInfo {
    return this.#parts.admin.address();
  }

  /** Returns the bound address of a listener; null if it is off or not open. */
  address(name: string): AddressInfo | null {
    return this.#parts.listeners.address(name);
  }
}

function notYet(): SupervisorError {
  return new SupervisorError('ERR_BUSY', 'the supervisor does not serve yet: reload when it does');
}
