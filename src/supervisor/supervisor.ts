/**
 * The room `supervisor/`: builds the rooms, joins them, starts and closes them in order.
 * May import: every room.
 */

import type { AddressInfo } from 'node:net';
import type { AdminStatus } from '../admin/types.js';
import { reloadChildren } from '../api/reload.js';
import type { AdminView } from './admin-view.js';
import { type Composition, compose } from './compose.js';
import { drained } from './drained.js';
import type { SupervisorOptions } from './options.js';
import { Rooms } from './rooms.js';
import { startOrder } from './start-order.js';

/** Where the program is until it is closed; shared by the supervisor and what it shows of itself. */
interface Phase {
  state: Exclude<AdminStatus['state'], 'stopping'>;
}

/** The whole program, as `cli/run.ts` starts, orders about and ends it. */
export class Supervisor {
  readonly #options: SupervisorOptions;
  readonly #parts: Composition;
  readonly #phase: Phase;
  readonly #rooms: Rooms;

  /** Opens what the parts have to be built on. Rejects with ERR_CONFIG, ERR_REGISTRY_AWAY. */
  static async open(options: SupervisorOptions): Promise<Supervisor> {
    const phase: Phase = { state: 'starting' };
    const rooms = new Rooms(options.logger);
    try {
      const parts = await compose(
        options,
        () => (rooms.isClosing ? 'stopping' : phase.state),
        rooms,
      );
      return new Supervisor(options, parts, phase, rooms);
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
  }

  /** The program as operators see it. */
  get view(): AdminView {
    return this.#parts.view;
  }

  /**
   * Resolves when every child that can be ready is, and clients are let in; or, when `close` is
   * called before that, as soon as nothing more is being started.
   */
  async start(): Promise<void> {
    const isServing = await this.#rooms.start(startOrder(this.#options, this.#parts));
    if (isServing) this.#phase.state = 'ready';
  }

  /** Has ports and children go by their files as they stand now. Never rejects. */
  async reload(): Promise<void> {
    const { prepared, logger } = this.#options;
    const { certificate, api } = this.#parts;
    await certificate?.reload();
    const template = prepared.binary.kind === 'none' ? null : prepared.config.srs.template;
    await reloadChildren({ reload: () => api.reload(), template, logger });
  }

  /** Has all children's output go on in new files. */
  reopenLogs(): void {
    this.#parts.fleet.reopenLogs();
  }

  /** Lets nobody in any more; resolves when nobody is left, the limit has passed, or by the signal. */
  async drain(limitMs: number, signal: AbortSignal): Promise<void> {
    const { budget, listeners, holds } = this.#parts;
    this.#phase.state = 'draining';
    budget.shut();
    // Nobody will come for whom some still wait.
    const isEmpty = () => listeners.totals().connections <= holds.size;
    await drained(isEmpty, limitMs, signal);
  }

  /** Lets nobody in any more, ends clients and then children; resolves when all is gone. */
  close(): Promise<void> {
    return this.#rooms.close();
  }

  /** Where clients of that listener come in; null while nobody is let in, and where it is off. */
  address(name: string): AddressInfo | null {
    return this.#parts.listeners.address(name);
  }
}
