import { pinThreads } from '../cpu/affinity.js';
import type { CpuChanges } from '../cpu/changes.js';
import { formatCpuList } from '../cpu/cpuset.js';
import { type CpuPlan, type PlanOptions, planCpus } from '../cpu/plan.js';
import type { Topology } from '../cpu/types.js';
import { messageOf } from '../errors.js';
import type { Logger } from '../logging/logger.js';
import type { Fleet } from './fleet.js';
import { overlapWithOthers } from './others.js';

export interface CpuKeeperOptions extends Omit<PlanOptions, 'count'> {
  readonly plan: CpuPlan;
  /** False: children are not pinned. */
  readonly isPinned: boolean;
  /** True if a warning already said that children of another supervisor are on CPUs of the plan. */
  readonly hasOverlap: boolean;
  readonly workDir: string;
  readonly fleet: Fleet;
  /** The program before this one has bound the children. */
  readonly isAdopted: boolean;
  readonly changes: CpuChanges;
  readonly logger: Logger;
}

const EVERY_MS = 5_000;
/** Children read at each look: one takes up to 0.3 ms of CPU, and there may be hundreds. */
const AT_ONCE = 8;

/**
 * Keeps the CPUs in the children's status true, and pins by a new plan when the usable CPUs change.
 * The number of children stays.
 */
export class CpuKeeper {
  readonly #options: CpuKeeperOptions;
  #plan: CpuPlan;
  /** Index of the child that is read next. */
  #place = 0;
  #timer: NodeJS.Timeout | null = null;
  #looking: Promise<void> = Promise.resolve();

  constructor(options: CpuKeeperOptions) {
    this.#options = options;
    this.#plan = options.plan;
  }

  async start(): Promise<void> {
    await this.#lookForOthers();
    if (this.#options.isAdopted) await this.#rebind();
    this.#next();
  }

  /** Pins children to the CPUs of the plan where another configuration gave them other ones. */
  async #rebind(): Promise<void> {
    const { isPinned, fleet } = this.#options;
    if (!isPinned) return;
    await fleet.readCpus();
    const wanted = this.#plan.children.map(({ cpus }) => cpus);
    const actual = fleet.statuses().map(({ cpus }) => cpus);
    const areSame = wanted.every((cpus, index) => String(cpus) === String(actual[index]));
    // Children that were added or removed by an order have CPUs of another plan.
    if (wanted.length === actual.length && !areSame) await fleet.repin(wanted);
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
    const { changes, logger, isPinned } = this.#options;
    try {
      const before = changes.known;
      const topology = changes.poll();
      if (topology !== null) await this.#change(before, topology);
      else if (isPinned) await this.#lookAtSome();
    } catch (error) {
      logger.warn(
        { reason: messageOf(error) },
        'children stay on the CPUs where the system put them',
      );
    }
  }

  async #lookAtSome(): Promise<void> {
    await this.#options.fleet.readCpus(this.#place, AT_ONCE);
    this.#place += AT_ONCE;
    if (this.#place >= this.#options.fleet.statuses().length) this.#place = 0;
  }

  async #change(before: string, topology: Topology): Promise<void> {
    const { isPinned, fleet, reserve, smt, logger } = this.#options;
    const fields = { before, now: formatCpuList(topology.allowed) };
    if (!isPinned) return logger.warn(fields, 'we may use other CPUs than before');
    logger.warn(fields, 'we may use other CPUs than before: children are bound to CPUs anew');
    await fleet.readCpus();
    const count = fleet.statuses().length;
    const plan = planCpus(topology, { count, reserve, smt });
    for (const warning of plan.warnings) logger.warn(warning);
    await this.#moveSelf(plan, topology);
    await fleet.repin(plan.children.map(({ cpus }) => cpus));
    this.#plan = plan;
  }

  /** Moves the supervisor to the reserved CPUs; without any, to all that the system allows. */
  async #moveSelf({ reserved }: CpuPlan, { allowed }: Topology): Promise<void> {
    if (reserved.length === 0 && this.#plan.reserved.length === 0) return;
    const moved = await pinThreads(process.pid, reserved.length > 0 ? reserved : allowed);
    if (moved.ok) return;
    this.#options.logger.warn(
      { reason: moved.reason },
      'we stay on the CPUs where the system put us',
    );
  }

  /** Supervisors that start together see each other only now; `check` has reported the others. */
  async #lookForOthers(): Promise<void> {
    const { isPinned, hasOverlap, workDir, logger } = this.#options;
    if (!isPinned || hasOverlap) return;
    const warning = await overlapWithOthers(workDir, this.#plan);
    if (warning !== null) logger.warn(warning);
  }
}
