import { isServing } from '../child/types.js';
import { messageOf, SupervisorError } from '../errors.js';
import { inTurns } from '../system/in-turns.js';
import { untilEmpty } from './drain.js';
import {
  childOf,
  type JobChild,
  loadOf,
  openChildren,
  secondsOf,
  type Tools,
} from './fleet-control.js';
import type { Job } from './job.js';

export interface RestartPlan {
  /** Children in the order of their turn. */
  readonly ids: readonly string[];
  /** Most children that are drained or restarted at the same time. */
  readonly parallel: number;
  /** Milliseconds that a child's clients have to leave before they are closed. */
  readonly drainMs: number;
  /** Why, for the log's lines of the clients that are closed. */
  readonly reason: string;
  /** Returns the command that goes on with this child and those after it. */
  readonly goOn: (id: string) => string;
}

/**
 * Milliseconds for a child's end and next start together. The child itself gives up a start that
 * makes no progress after 30 s, and this limit is for what even that does not notice.
 */
const RESTART_LIMIT_MS = 120_000;
/** Milliseconds for the end of a process that is killed after 2 s: the rest is the kernel's. */
export const END_LIMIT_MS = 30_000;

/**
 * Restarts children, each drained first, `parallel` at a time. Stops at the first that does not get
 * ready: those in work are finished, the others are left as they were. Rejects with ERR_JOB, which
 * says how to go on.
 */
export async function restartAll(plan: RestartPlan, tools: Tools, job: Job): Promise<void> {
  await prove(plan.ids[0], tools);
  const { leaving } = job;
  for (const id of plan.ids) leaving.add(id);
  let failure: string | null = null;
  const restart = async (id: string) => {
    try {
      await restartOne(id, plan, tools, job);
      leaving.delete(id);
      job.childDone();
    } catch (error) {
      failure ??= messageOf(error);
    } finally {
      job.doing(id, null);
    }
    return failure === null;
  };
  await inTurns(plan.ids, widthOf(plan, tools, job), restart, () => !job.signal.aborted);
  const [next] = leaving;
  if (next === undefined) return;
  const done = `${plan.ids.length - leaving.size} of ${plan.ids.length} restarted`;
  const goOn = `go on with: ${plan.goOn(next)}`;
  throw new SupervisorError('ERR_JOB', `${failure ?? 'stopped'}; ${done}; ${goOn}`);
}

/**
 * Rejects if SRS would refuse to start again. The children's configs differ in nothing that could
 * be wrong in one of them only.
 */
async function prove(id: string | undefined, { fleet }: Tools): Promise<void> {
  if (id === undefined) return;
  await fleet.prove(id).catch((error: unknown) => {
    const text = `no child is restarted, for it would not start: ${messageOf(error)}`;
    throw new SupervisorError('ERR_JOB', text);
  });
}

/** One child at least takes new streams while others are restarted, if there are two or more. */
function widthOf({ ids, parallel }: RestartPlan, tools: Tools, job: Job): number {
  const width = Math.min(parallel, ids.length);
  const most = Math.max(1, openChildren(tools) - 1);
  if (width <= most) return width;
  job.step(`${most} at a time, not ${width}: somebody has to take new streams`);
  return most;
}

async function restartOne(id: string, plan: RestartPlan, tools: Tools, job: Job): Promise<void> {
  const { fleet, clock } = tools;
  const before = childOf(tools, id);
  if (before === undefined) return job.step('is not there any more', id);
  if (!(await makeWay(before, plan, tools, job))) {
    throw new SupervisorError('ERR_JOB', `stopped before ${id} was restarted`);
  }
  const begun = clock.now();
  job.doing(id, 'restarts');
  const restarted = fleet.restart(id, plan.reason);
  // The process has been told to end, so no new stream comes before the next one is ready.
  if (!before.isDrained) fleet.undrain(id);
  const hasEnded = () => childOf(tools, id)?.state !== 'stopping';
  const isInTime =
    (await within(END_LIMIT_MS, restarted, tools)) ||
    (hasEnded() && (await within(RESTART_LIMIT_MS - END_LIMIT_MS, restarted, tools)));
  const took = secondsOf(clock.now() - begun);
  const after = childOf(tools, id);
  if (after !== undefined && isServing(after.state)) {
    return job.step(`is ${after.state} again after ${took}, generation ${after.generation}`, id);
  }
  throw new SupervisorError('ERR_JOB', notReady(id, after, isInTime, took));
}

/**
 * Drains a child before its restart. Returns false if the job was stopped meanwhile: the child is
 * then as it was.
 */
async function makeWay(
  child: JobChild,
  { drainMs, reason }: RestartPlan,
  tools: Tools,
  job: Job,
): Promise<boolean> {
  const { id, isDrained } = child;
  if (!isServing(child.state) || child.clients === 0) return true;
  if (openChildren(tools, new Set([id])) === 0) {
    job.step(`closes ${loadOf(child)} at once: no other child takes new streams meanwhile`, id);
    return true;
  }
  tools.fleet.drain(id, reason);
  job.step(`drains: ${loadOf(child)}; waits up to ${secondsOf(drainMs)}`, id);
  const left = await untilEmpty(id, drainMs, tools, job);
  if (job.signal.aborted) {
    if (!isDrained) tools.fleet.undrain(id);
    return false;
  }
  job.step(left === null ? 'is drained' : `closes ${loadOf(left)}: the time is over`, id);
  return true;
}

function notReady(
  id: string,
  child: JobChild | undefined,
  isInTime: boolean,
  took: string,
): string {
  if (child === undefined) return `${id} was removed during its restart`;
  const { state, lastError } = child;
  if (state === 'stopping') {
    const then = 'its clients are closed, and it starts as soon as that ends';
    return `${id}: its process did not end after ${took}, though killed; ${then}`;
  }
  const why = isInTime ? (lastError ?? 'no reason is known') : 'it neither starts nor ends';
  const then = state === 'broken' ? 'it is not started again' : 'it is started again and again';
  return `${id} did not get ready after ${took} (${state}): ${why}; ${then}`;
}

/** Returns whether the work was over within so many milliseconds. */
export async function within(ms: number, work: Promise<void>, { clock }: Tools): Promise<boolean> {
  const limit = new AbortController();
  const late = clock.sleep(ms, limit.signal).then(() => false);
  const isInTime = await Promise.race([work.then(() => true), late]);
  limit.abort();
  return isInTime;
}
