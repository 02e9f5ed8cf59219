import type { Prepared } from '../check/prepared.js';
import type { Fleet } from '../child/fleet.js';
import { overlapWithOthers } from '../child/others.js';
import { pinThreads } from '../cpu/affinity.js';
import type { CpuChanges } from '../cpu/changes.js';
import { formatCpuList } from '../cpu/cpuset.js';
import { type CpuPlan, planCpus } from '../cpu/plan.js';
import type { Topology } from '../cpu/types.js';
import { messageOf } from '../errors.js';
import type { Logger } from '../logging/logger.js';
import type { Room } from './room.js';

export interface CpuRoomParts {
  readonly prepared: Prepared;
  readonly fleet: Fleet;
  readonly changes: CpuChanges;
  readonly logger: Logger;
}

const EVERY_MS = 5_000;
/** Children looked at each time: one takes about 1 ms of CPU, and there may be hundreds. */
const AT_ONCE = 16;

/**
 * Keeps what is said of the children's CPUs true while they run, and plans anew when the machine
 * gives us others. It follows the fleet, of which it has as many children as there were.
 */
export class CpuRoom implements Room {
  readonly #parts: CpuRoomParts;
  #plan: CpuPlan;
  /** Place in the fleet of the child that is looked at next. */
  #place = 0;
  #timer: NodeJS.Timeout | null = null;
  #looking: Promise<void> = Promise.resolve();

  constructor(parts: CpuRoomParts) {
    this.#parts = parts;
    this.#plan = parts.prepared.plan;
  }

  async start(): Promise<void> {
    await this.#lookForOthers();
    this.#next();
  }

  async close(): Promise<void> {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    await this.#looking;
  }

  #next(): void {
    this.#timer = setTimeout(() => {
      this.#looking = this.#look().then(() => {
        if (this.#timer !== null) this.#next();
      });
    }, EVERY_MS).unref();
  }

  async #look(): Promise<void> {
    const { changes, logger, prepared } = this.#parts;
    try {
      const before = changes.known;
      const topology = changes.poll();
      if (topology !== null) await this.#change(before, topology);
      else if (prepared.pinning !== null) await this.#lookAtSome();
    } catch (error) {
      logger.warn(
        { reason: messageOf(error) },
        'children stay on the CPUs where the system put them',
      );
    }
  }

  async #lookAtSome(): Promise<void> {
    await this.#parts.fleet.readCpus(this.#place, AT_ONCE);
    this.#place += AT_ONCE;
    if (this.#place >= this.#plan.children.length) this.#place = 0;
  }

  async #change(before: string, topology: Topology): Promise<void> {
    const { prepared, fleet, logger } = this.#parts;
    const fields = { before, now: formatCpuList(topology.allowed) };
    if (prepared.pinning === null) return logger.warn(fields, 'we may use other CPUs than before');
    logger.warn(fields, 'we may use other CPUs than before: children are bound to CPUs anew');
    await fleet.readCpus();
    const { reserve, smt } = prepared.config.cpu;
    const count = this.#plan.children.length;
    const plan = planCpus(topology, { count, reserve, smt });
    for (const warning of plan.warnings) logger.warn(warning);
    await this.#moveSelf(plan, topology);
    await fleet.repin(plan.children.map(({ cpus }) => cpus));
    this.#plan = plan;
  }

  /** Where nothing is reserved, and was not, we run wherever the system lets us. */
  async #moveSelf({ reserved }: CpuPlan, { allowed }: Topology): Promise<void> {
    if (reserved.length === 0 && this.#plan.reserved.length === 0) return;
    const moved = await pinThreads(process.pid, reserved.length > 0 ? reserved : allowed);
    if (moved.ok) return;
    this.#parts.logger.warn(
      { reason: moved.reason },
      'we stay on the CPUs where the system put us',
    );
  }

  /** Those that start together see each other only now; what `check` has found is said already. */
  async #lookForOthers(): Promise<void> {
    const { prepared, logger } = this.#parts;
    if (prepared.pinning === null || prepared.hasOverlap) return;
    const warning = await overlapWithOthers(prepared.config.workDir, this.#plan);
    if (warning !== null) logger.warn(warning);
  }
}
