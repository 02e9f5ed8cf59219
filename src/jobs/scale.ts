import { isServing } from '../child/types.js';
import { messageOf, SupervisorError } from '../errors.js';
import { inTurns } from '../system/in-turns.js';
import { plural } from '../system/plural.js';
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
import { END_LIMIT_MS, within } from './restart.js';

/** Children that start at the same time. */
const WAVE = 8;
/** Milliseconds for the start of an added child. */
const START_LIMIT_MS = 120_000;

/**
 * Adds children up to that number. If there is no room, or one does not get ready, all added ones
 * are removed again, and the job rejects with ERR_JOB.
 */
export async function scaleUp(count: number, tools: Tools, job: Job): Promise<void> {
  const { fleet } = tools;
  const before = fleet.children().length;
  const { ids, notes } = await fleet.add(count).catch((error: unknown) => {
    throw new SupervisorError('ERR_JOB', `no room: ${messageOf(error)}; ${asBefore(before)}`);
  });
  for (const note of notes) job.step(note);
  let failure: string | null = null;
  const start = async (id: string) => {
    const obstacle = await startOne(id, tools, job);
    failure ??= obstacle;
    return failure === null;
  };
  const notBegun = await inTurns(ids, WAVE, start, () => !job.signal.aborted);
  if (failure === null && notBegun.length === 0) return;
  await fleet.remove(ids);
  throw new SupervisorError('ERR_JOB', `${failure ?? 'stopped'}; ${asBefore(before)}`);
}

/** Returns why the child did not get ready; null if it did. */
async function startOne(id: string, tools: Tools, job: Job): Promise<string | null> {
  const { fleet, clock } = tools;
  const begun = clock.now();
  job.doing(id, 'starts');
  const isInTime = await within(START_LIMIT_MS, fleet.start(id), tools);
  job.doing(id, null);
  const child = childOf(tools, id);
  const took = secondsOf(clock.now() - begun);
  if (child === undefined || !isServing(child.state)) {
    const why = isInTime ? (child?.lastError ?? 'no reason is known') : 'it makes no progress';
    return `${id} did not get ready after ${took}: ${why}`;
  }
  job.step(`is ready after ${took}`, id);
  job.childDone();
  return null;
}

/**
 * Drains the last children down to that number, ends them when they are empty or the limit is
 * over, and removes them. If the job is stopped while they drain they take new streams again.
 */
export async function scaleDown(
  count: number,
  drainMs: number,
  tools: Tools,
  job: Job,
): Promise<void> {
  const { fleet } = tools;
  const children = fleet.children();
  const last = children.slice(count);
  const ids = last.map(({ id }) => id);
  if (openChildren(tools, new Set(ids)) === 0) {
    const text = `none of the children that would stay takes new streams; ${asBefore(children.length)}`;
    throw new SupervisorError('ERR_JOB', text);
  }
  const isWanted = await emptyAll(last, drainMs, tools, job);
  if (!isWanted) throw new SupervisorError('ERR_JOB', `stopped; ${asBefore(children.length)}`);
  if (!(await within(END_LIMIT_MS, fleet.remove(ids), tools))) {
    const text = `${ids.join(', ')}: not ended after ${secondsOf(END_LIMIT_MS)}, though killed; see their processes`;
    throw new SupervisorError('ERR_JOB', text);
  }
  for (const id of ids) {
    job.step('is gone', id);
    job.childDone();
  }
}

/**
 * Drains children until all are empty or the limit is over. Returns false if the job was stopped
 * meanwhile: they are then as they were.
 */
async function emptyAll(
  children: readonly JobChild[],
  drainMs: number,
  tools: Tools,
  job: Job,
): Promise<boolean> {
  const { fleet } = tools;
  for (const child of children) {
    fleet.drain(child.id);
    job.step(`drains: ${loadOf(child)}; waits up to ${secondsOf(drainMs)}`, child.id);
  }
  const left = await Promise.all(children.map(({ id }) => untilEmpty(id, drainMs, tools, job)));
  for (const { id, isDrained } of children) {
    job.doing(id, null);
    if (job.signal.aborted && !isDrained) fleet.undrain(id);
  }
  if (job.signal.aborted) return false;
  for (const child of left) {
    if (child !== null) job.step(`closes ${loadOf(child)}: the time is over`, child.id);
  }
  return true;
}

function asBefore(count: number): string {
  return `the box is as it was, with ${plural(count, 'child', 'children')}`;
}
