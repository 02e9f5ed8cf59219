import { setMaxListeners } from 'node:events';
import { z } from 'zod';
import { messageOf, SupervisorError } from '../errors.js';
import { COUNT, TIME } from '../fields.js';
import type { Logger } from '../logging/logger.js';
import { tell } from '../logging/tell.js';

/** `stopped`: it was told to end before it was done. */
const JOB_STATE = z.enum(['running', 'done', 'failed', 'stopped']);
export type JobState = z.infer<typeof JOB_STATE>;

/** One thing that a job has done. */
const JOB_STEP = z.object({
  at: TIME,
  child: z.string().nullable().describe('null: it is about the job as a whole'),
  text: z.string(),
});
export type JobStep = Readonly<z.infer<typeof JOB_STEP>>;

/** Snapshot of a job, as plain values. */
export const JOB_STATUS = z
  .object({
    id: COUNT,
    what: z.string().describe('the command that it carries out: restart --all, scale 8'),
    state: JOB_STATE,
    since: TIME,
    ended: TIME.nullable().describe('milliseconds since 1970; null while it runs'),
    done: COUNT.describe('children that are done'),
    total: COUNT.describe('all children that it is about'),
    now: z
      .array(z.string())
      .readonly()
      .describe('present activity, one text for each child in work; empty at its end'),
    error: z
      .string()
      .nullable()
      .describe('why it failed or was stopped, and how to go on; null: neither'),
  })
  .meta({ id: 'JobStatus' });
export type JobStatus = Readonly<z.infer<typeof JOB_STATUS>>;

/** A job with its steps, or the later part of them. */
export const JOB_REPORT = z
  .object({
    ...JOB_STATUS.shape,
    from: COUNT.describe('index of the first of these steps'),
    steps: z.array(JOB_STEP).readonly(),
  })
  .meta({ id: 'JobReport' });
export type JobReport = Readonly<z.infer<typeof JOB_REPORT>>;

/** The time of jobs; tests have their own. */
export interface JobClock {
  /** Milliseconds since 1970. */
  now(): number;
  /** Resolves after so many milliseconds or on the signal; never rejects. */
  sleep(ms: number, signal: AbortSignal): Promise<void>;
}

export interface JobPlan {
  readonly what: string;
  /** Children that nothing else may drain or restart meanwhile. */
  readonly children: readonly string[];
  /**
   * Does the work. Rejects with a SupervisorError that says why it failed, and how to go on. When
   * the job's signal aborts it ends as soon as the box is in order, and rejects as well.
   */
  readonly work: (job: Job) => Promise<void>;
}

/** Far more than a restart of 1000 children has. */
const MAX_STEPS = 10_000;

/** One piece of work on children, from its beginning to its end and some time after. */
export class Job {
  readonly id: number;
  readonly what: string;
  readonly children: ReadonlySet<string>;
  /** Children whose processes it is going to replace, which new streams should not go to. */
  readonly leaving = new Set<string>();
  /** Resolves, never rejects, when the job has ended. */
  readonly over: Promise<JobStatus>;
  readonly #clock: JobClock;
  readonly #logger: Logger;
  readonly #since: number;
  readonly #stopping = new AbortController();
  readonly #steps: JobStep[] = [];
  readonly #now = new Map<string, string>();
  #state: JobState = 'running';
  #ended: number | null = null;
  #error: string | null = null;
  #done = 0;

  /** Begins the work. */
  constructor(id: number, plan: JobPlan, { clock, logger }: { clock: JobClock; logger: Logger }) {
    this.id = id;
    this.what = plan.what;
    this.children = new Set(plan.children);
    this.#clock = clock;
    // Each child in work waits with this signal.
    setMaxListeners(0, this.signal);
    this.#since = clock.now();
    this.#logger = logger;
    this.#tell('job begins', { job: this.what, children: this.children.size });
    this.over = this.#run(plan.work);
  }

  /** Aborts when the job is to end early. */
  get signal(): AbortSignal {
    return this.#stopping.signal;
  }

  get isRunning(): boolean {
    return this.#state === 'running';
  }

  /** Notes a step, and logs it. */
  step(text: string, child: string | null = null): void {
    if (this.#steps.length >= MAX_STEPS) return;
    this.#steps.push({ at: this.#clock.now(), child, text });
    this.#logger.info({ job: this.what, ...(child !== null && { child }) }, text);
  }

  /** Shows what is done with a child now; null: nothing. */
  doing(child: string, text: string | null): void {
    if (text === null) this.#now.delete(child);
    else this.#now.set(child, text);
  }

  /** Counts one child as done. */
  childDone(): void {
    this.#done += 1;
  }

  /** Has the job end as soon as the box is in order. */
  stop(): void {
    this.#stopping.abort();
  }

  status(): JobStatus {
    return {
      id: this.id,
      what: this.what,
      state: this.#state,
      since: this.#since,
      ended: this.#ended,
      done: this.#done,
      total: this.children.size,
      now: Array.from(this.#now, ([child, text]) => `${child} ${text}`),
      error: this.#error,
    };
  }

  /** Returns the job with its steps from that index on. */
  report(from = 0): JobReport {
    return { ...this.status(), from, steps: this.#steps.slice(from) };
  }

  async #run(work: JobPlan['work']): Promise<JobStatus> {
    try {
      await work(this);
      this.#end('done');
    } catch (error) {
      if (!(error instanceof SupervisorError))
        this.#logger.error({ job: this.what, error }, 'a job broke off');
      this.#error = messageOf(error);
      this.#end(this.signal.aborted ? 'stopped' : 'failed');
    }
    return this.status();
  }

  #end(state: JobState): void {
    this.#state = state;
    this.#ended = this.#clock.now();
    this.#now.clear();
    if (state === 'done') this.#tell('job is done');
    else this.#tell(`job has ${state === 'failed' ? 'failed' : 'been stopped'}`);
  }

  /** Tells of its beginning or end; default fields: those of the event. */
  #tell(message: string, fields?: Readonly<Record<string, unknown>>): void {
    const state = this.#state;
    const about = { job: this.what, done: this.#done, of: this.children.size, error: this.#error };
    const level = state === 'running' || state === 'done' ? 'info' : 'warn';
    const line = { level, message, fields: fields ?? about } as const;
    tell(this.#logger, { type: 'job', state, ...about }, line);
  }
}
