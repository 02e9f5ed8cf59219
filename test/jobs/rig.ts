import { setImmediate as turn } from 'node:timers/promises';
import type { ChildState } from '../../src/child/types.js';
import { SupervisorError } from '../../src/errors.js';
import type { FleetControl, JobChild } from '../../src/jobs/fleet-control.js';
import type { Job, JobClock, JobStatus } from '../../src/jobs/job.js';
import { Jobs } from '../../src/jobs/jobs.js';
import { Operations } from '../../src/jobs/operations.js';

/** Milliseconds that a fake child takes to end, and to be ready again. */
export const STOP_MS = 500;
export const START_MS = 1000;

/** Time that goes on only when everybody waits for it. */
export class FakeClock implements JobClock {
  #now = 0;
  readonly #timers = new Set<{ readonly at: number; readonly fire: () => void }>();

  now(): number {
    return this.#now;
  }

  sleep(ms: number, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const end = () => {
        this.#timers.delete(timer);
        signal?.removeEventListener('abort', end);
        resolve();
      };
      const timer = { at: this.#now + ms, fire: end };
      this.#timers.add(timer);
      if (signal?.aborted) end();
      else signal?.addEventListener('abort', end);
    });
  }

  /** Does something at a time. */
  at(ms: number, act: () => void): void {
    this.#timers.add({ at: ms, fire: act });
  }

  /** Lets time go on until the job is over. */
  async drive(job: Job): Promise<JobStatus> {
    while (job.isRunning) {
      await turn();
      if (!job.isRunning) break;
      const [next] = [...this.#timers].sort((one, other) => one.at - other.at);
      if (next === undefined) throw new Error('the job waits for nothing');
      this.#timers.delete(next);
      this.#now = Math.max(this.#now, next.at);
      next.fire();
    }
    return job.status();
  }
}

type FakeChild = { -readonly [K in keyof JobChild]: JobChild[K] };

/** Children without processes. */
class FakeFleet implements FleetControl {
  readonly list: FakeChild[] = [];
  /** Children whose next start fails, or that neither end nor start. */
  readonly failing = new Set<string>();
  readonly hanging = new Set<string>();
  /** Children that end, and whose next start makes no progress. */
  readonly hangingStarts = new Set<string>();
  /** Why SRS refuses their config; null: it does not. */
  refusal: string | null = null;
  /** Most children that fit. */
  room = 1000;
  /** Most children at the same time that took no new streams, and fewest that did. */
  mostClosed = 0;
  fewestOpen = Number.POSITIVE_INFINITY;
  readonly #clock: FakeClock;

  constructor(clock: FakeClock, count: number) {
    this.#clock = clock;
    for (let i = 0; i < count; i++) this.#make('ready', 1);
  }

  of(id: string): FakeChild {
    const child = this.list.find((one) => one.id === id);
    if (child === undefined) throw new Error(`no child ${id}`);
    return child;
  }

  /** Each child's state, generation and clients: `c001 draining 2 drained 5` */
  shown(): string[] {
    return this.list.map(
      ({ id, state, generation, isDrained, clients }) =>
        `${id} ${state} ${generation}${isDrained ? ' drained' : ''}${clients > 0 ? ` ${clients}` : ''}`,
    );
  }

  children(): readonly JobChild[] {
    return this.list.map((child) => ({ ...child }));
  }

  drain(id: string): void {
    const child = this.of(id);
    child.isDrained = true;
    if (child.state === 'ready') child.state = 'draining';
    this.#count();
  }

  undrain(id: string): void {
    const child = this.of(id);
    child.isDrained = false;
    if (child.state === 'draining') child.state = 'ready';
  }

  async prove(): Promise<void> {
    if (this.refusal !== null) throw new SupervisorError('ERR_CHILD_CONFIG', this.refusal);
  }

  async restart(id: string): Promise<void> {
    const child = this.of(id);
    child.state = 'stopping';
    this.#count();
    if (this.hanging.has(id)) return new Promise(() => {});
    await this.#clock.sleep(STOP_MS);
    Object.assign(child, { streams: 0, clients: 0, generation: child.generation + 1 });
    await this.start(id);
  }

  async add(count: number) {
    if (count > this.room) throw new SupervisorError('ERR_CONFIG', 'there are no ports');
    const ids: string[] = [];
    while (this.list.length < count) ids.push(this.#make('starting', 0));
    return { ids, notes: ['some share a CPU'] };
  }

  async start(id: string): Promise<void> {
    const child = this.of(id);
    child.state = 'starting';
    if (child.generation === 0) child.generation = 1;
    if (this.hanging.has(id) || this.hangingStarts.has(id)) return new Promise(() => {});
    const isFailing = this.failing.has(id);
    await this.#clock.sleep(isFailing ? START_MS / 2 : START_MS);
    child.lastError = isFailing ? 'exit code 1: no luck' : null;
    child.state = isFailing ? 'failed' : child.isDrained ? 'draining' : 'ready';
  }

  async remove(ids: readonly string[]): Promise<void> {
    if (ids.some((id) => this.hanging.has(id))) return new Promise(() => {});
    await this.#clock.sleep(STOP_MS);
    for (const id of ids) this.list.splice(this.list.indexOf(this.of(id)), 1);
  }

  #make(state: ChildState, generation: number): string {
    const id = `c${String(this.list.length + 1).padStart(3, '0')}`;
    const load = { streams: 0, clients: 0 };
    this.list.push({ id, state, generation, lastError: null, isDrained: false, ...load });
    return id;
  }

  #count(): void {
    const open = this.list.filter(({ state }) => state === 'ready').length;
    this.fewestOpen = Math.min(this.fewestOpen, open);
    this.mostClosed = Math.max(this.mostClosed, this.list.length - open);
  }
}

/** Jobs over fake children; `clients` gives each child so many clients of one stream. */
export async function rig(count: number, clients = 0) {
  const clock = new FakeClock();
  const fleet = new FakeFleet(clock, count);
  for (const child of fleet.list) Object.assign(child, { streams: clients > 0 ? 1 : 0, clients });
  const jobs = new Jobs({ clock });
  await jobs.start();
  const operations = new Operations(jobs, fleet);
  return { clock, fleet, jobs, operations };
}

/** The steps of a job as text, `c001: drains`. */
export function stepsOf(job: Job): string[] {
  return job.report().steps.map(({ child, text }) => (child === null ? text : `${child}: ${text}`));
}
