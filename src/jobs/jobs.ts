/**
 * The room `jobs/`: work on children that takes time (drain, restart, scale), one job at a time.
 * May import: child, logging, system.
 */

import { setTimeout as delay } from 'node:timers/promises';
import { SupervisorError } from '../errors.js';
import { type Logger, silentLogger } from '../logging/logger.js';
import { Job, type JobClock, type JobPlan, type JobStatus } from './job.js';

export interface JobsOptions {
  readonly logger?: Logger;
  /** Default: the system's. */
  readonly clock?: JobClock;
}

/** Ended jobs that can still be asked about. */
const KEPT = 16;

const SYSTEM_CLOCK: JobClock = {
  now: () => Date.now(),
  sleep: (ms, signal) => delay(ms, undefined, { signal }).catch(() => {}),
};

/** Runs one job at a time, and remembers the last ones. */
export class Jobs {
  readonly clock: JobClock;
  readonly #logger: Logger;
  /** Oldest first. */
  readonly #jobs: Job[] = [];
  #counter = 0;
  #isOpen = false;

  constructor({ logger = silentLogger, clock = SYSTEM_CLOCK }: JobsOptions = {}) {
    this.#logger = logger;
    this.clock = clock;
  }

  /** From now on jobs are accepted. */
  async start(): Promise<void> {
    this.#isOpen = true;
  }

  /** Stops the job at work, without waiting for its end: its children are about to end as well. */
  async close(): Promise<void> {
    this.#isOpen = false;
    this.current?.stop();
  }

  /** The job at work; null: none is. */
  get current(): Job | null {
    const last = this.#jobs.at(-1);
    return last?.isRunning ? last : null;
  }

  /** Reports whether a job is going to replace that child's process. */
  isLeaving(child: string): boolean {
    return this.current?.leaving.has(child) ?? false;
  }

  /** Begins a job. @throws ERR_BUSY if another one is at work, or the box does not serve. */
  begin(plan: JobPlan): Job {
    this.demandFree();
    this.#counter += 1;
    const job = new Job(this.#counter, plan, { clock: this.clock, logger: this.#logger });
    this.#jobs.push(job);
    if (this.#jobs.length > KEPT) this.#jobs.shift();
    return job;
  }

  /**
   * Throws ERR_BUSY, which names the job, if one is at work on that child; on any child, if none is
   * named.
   */
  demandFree(child?: string): void {
    if (!this.#isOpen)
      throw new SupervisorError('ERR_BUSY', 'no orders now: the supervisor starts or ends');
    const { current } = this;
    if (current === null || (child !== undefined && !current.children.has(child))) return;
    throw new SupervisorError('ERR_BUSY', atWork(current.status()));
  }

  find(id: number): Job | null {
    return this.#jobs.find((job) => job.id === id) ?? null;
  }

  /** Newest first. */
  list(): JobStatus[] {
    return this.#jobs.map((job) => job.status()).reverse();
  }
}

/** `another job is at work: restart --all, since 03:10:05Z, 5 of 32 done; …` */
function atWork({ what, since, done, total }: JobStatus): string {
  const time = new Date(since).toISOString().slice(11, 19);
  const progress = `since ${time} UTC, ${done} of ${total} done`;
  return `another job is at work: ${what}, ${progress}; wait for it, or end it: srs-supervisor job --stop`;
}
