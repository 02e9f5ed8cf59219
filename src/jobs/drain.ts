import { isServing } from '../child/types.js';
import { SupervisorError } from '../errors.js';
import { childOf, type JobChild, loadOf, secondsOf, type Tools } from './fleet-control.js';
import type { Job } from './job.js';

/** Milliseconds between looks at a child that drains. */
const LOOK_MS = 200;

/**
 * Resolves when a drained child has no client, or does not serve any more, to null; after the limit
 * or when the job is stopped, to the child with the clients that it still has.
 */
export async function untilEmpty(
  id: string,
  limitMs: number,
  tools: Tools,
  job: Job,
): Promise<JobChild | null> {
  const { clock } = tools;
  const end = clock.now() + limitMs;
  for (;;) {
    const child = childOf(tools, id);
    if (child === undefined || !isServing(child.state) || child.clients === 0) return null;
    const left = end - clock.now();
    if (left <= 0 || job.signal.aborted) return child;
    job.doing(id, `drains: ${loadOf(child)}, ${secondsOf(left)} left`);
    await clock.sleep(Math.min(LOOK_MS, left), job.signal);
  }
}

/**
 * Drains a child and waits until its last client has left. If that takes longer than the limit, or
 * the job is stopped, the child takes new streams again, unless it was drained before.
 */
export async function drainAndWait(
  id: string,
  limitMs: number,
  tools: Tools,
  job: Job,
): Promise<void> {
  const { fleet } = tools;
  const before = childOf(tools, id);
  if (before === undefined) throw new SupervisorError('ERR_JOB', `${id} is not there any more`);
  fleet.drain(id);
  job.step(`drains: ${loadOf(before)}; waits up to ${secondsOf(limitMs)}`, id);
  const left = await untilEmpty(id, limitMs, tools, job);
  job.doing(id, null);
  if (left === null) {
    job.step('is drained: no client is left, and it gets no new streams until undrain', id);
    return job.childDone();
  }
  if (!before.isDrained) fleet.undrain(id);
  const then = before.isDrained
    ? 'it was drained before and stays so'
    : 'it takes new streams again, as before';
  if (job.signal.aborted) throw new SupervisorError('ERR_JOB', `drain of ${id} stopped: ${then}`);
  const after = `after ${secondsOf(limitMs)} ${id} still has ${loadOf(left)}: ${then}`;
  const mend = `give it longer with --timeout, or close them: restart ${id}`;
  throw new SupervisorError('ERR_JOB', `${after}; ${mend}`);
}
