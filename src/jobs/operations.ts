import { SupervisorError } from '../errors.js';
import { drainAndWait } from './drain.js';
import type { Tools } from './fleet-control.js';
import type { Job } from './job.js';
import type { Jobs } from './jobs.js';
import { restartAll } from './restart.js';
import { scaleDown, scaleUp } from './scale.js';

/** Which children to restart, and how. */
export interface RestartOrder {
  /** Children in the order of their turn. */
  readonly ids: readonly string[];
  /** Milliseconds that a child's clients have to leave before they are closed. */
  readonly drainMs: number;
  /** Most children in work at the same time; default: 1. */
  readonly parallel?: number;
  /** The job's name; default: the command `restart CHILD`, or `restart --all` for several. */
  readonly what?: string;
  /** Why, for the log's lines of the clients that are closed. */
  readonly reason?: string;
  /** Returns the command that goes on with this child and those after it. */
  readonly goOn?: (id: string) => string;
}

/** All that can be ordered about children and takes time: each order is one job. */
export class Operations {
  readonly #jobs: Jobs;
  readonly #tools: Tools;

  constructor(jobs: Jobs, fleet: Tools['fleet']) {
    this.#jobs = jobs;
    this.#tools = { fleet, clock: jobs.clock };
  }

  /** Drains a child and waits for its last client. @throws ERR_BUSY, ERR_USAGE */
  drain(id: string, limitMs: number): Job {
    this.#demand([id]);
    const work = (job: Job) => drainAndWait(id, limitMs, this.#tools, job);
    return this.#jobs.begin({ what: `drain ${id}`, children: [id], work });
  }

  /** Restarts children, each drained first. @throws ERR_BUSY, ERR_USAGE */
  restart(order: RestartOrder): Job {
    const { ids, drainMs, parallel = 1, reason = 'it is restarted' } = order;
    this.#demand(ids);
    const isOne = ids.length === 1;
    const { what = isOne ? `restart ${ids[0]}` : 'restart --all' } = order;
    const { goOn = (id) => (isOne ? `restart ${id}` : `restart --all --from ${id}`) } = order;
    const plan = { ids, drainMs, parallel, reason, goOn };
    const work = (job: Job) => restartAll(plan, this.#tools, job);
    return this.#jobs.begin({ what, children: ids, work });
  }

  /** Adds or removes children until there are so many. @throws ERR_BUSY, ERR_USAGE */
  scale(count: number, drainMs: number): Job {
    const ids = this.#tools.fleet.children().map(({ id }) => id);
    if (ids.length === 0) throw noChildren();
    const what = `scale ${count}`;
    if (count >= ids.length) return this.#grow(what, ids.length, count);
    const work = (job: Job) => scaleDown(count, drainMs, this.#tools, job);
    return this.#jobs.begin({ what, children: ids.slice(count), work });
  }

  /** All children from that one on, in the order of their ids. @throws ERR_USAGE */
  idsFrom(first?: string): string[] {
    const ids = this.#tools.fleet.children().map(({ id }) => id);
    if (ids.length === 0) throw noChildren();
    if (first !== undefined) this.#demand([first]);
    return ids.slice(first === undefined ? 0 : ids.indexOf(first));
  }

  #grow(what: string, present: number, count: number): Job {
    const work = async (job: Job) => {
      if (count > present) await scaleUp(count, this.#tools, job);
      else job.step(`there are ${count} children already`);
    };
    // The ids of children that are not there yet are of no use to anybody else.
    const children = Array.from({ length: count - present }, (_, i) => `+${i + 1}`);
    return this.#jobs.begin({ what, children, work });
  }

  #demand(ids: readonly string[]): void {
    const known = new Set(this.#tools.fleet.children().map(({ id }) => id));
    const unknown = ids.find((id) => !known.has(id));
    if (unknown === undefined) return;
    const text = `no child of ours is called ${unknown}: GET /admin/v1/children lists them`;
    throw new SupervisorError('ERR_USAGE', text);
  }
}

function noChildren(): SupervisorError {
  return new SupervisorError('ERR_USAGE', 'this supervisor has no children of its own');
}
