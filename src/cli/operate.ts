import { type AdminQuestion, adminAsk } from '../admin/client.js';
import type { ChildRow } from '../admin/types.js';
import { SupervisorError } from '../errors.js';
import type { JobReport, JobStatus } from '../jobs/job.js';
import { type FollowOptions, follow } from './follow.js';
import { formatDuration } from './format.js';

/** An order to a running supervisor, as the command line has it. */
export type Order =
  | { readonly kind: 'drain'; readonly child: string; readonly wait: boolean; timeout?: string }
  | { readonly kind: 'undrain'; readonly child: string }
  | { readonly kind: 'restart'; readonly child: string; readonly timeout?: string }
  | { readonly kind: 'restart-all'; timeout?: string; parallel?: string; from?: string }
  | { readonly kind: 'scale'; readonly count: string; readonly timeout?: string }
  | { readonly kind: 'job'; readonly stop: boolean };

/**
 * Gives an order, prints what comes of it, and resolves when it is done. @throws ERR_USAGE,
 * ERR_BUSY, ERR_ADMIN, ERR_JOB
 */
export async function operate(order: Order, options: FollowOptions): Promise<void> {
  const { port, stdout, json } = options;
  if (order.kind === 'job') return showJob(order.stop, options);
  const answer = await adminAsk<JobReport | ChildRow>(port, questionOf(order));
  if ('what' in answer) return follow(answer, options);
  stdout.write(json ? `${JSON.stringify(answer, null, 2)}\n` : `${rowText(order.kind, answer)}\n`);
}

function questionOf(order: Exclude<Order, { kind: 'job' }>): AdminQuestion {
  const { kind, ...rest } = order;
  const post = (path: string, body: object): AdminQuestion => {
    return { method: 'POST', path: `/admin/v1/${path}`, body };
  };
  if (!('child' in rest)) return post(kind === 'scale' ? 'scale' : 'restart', rest);
  const { child, ...body } = rest;
  return post(`children/${encodeURIComponent(child)}/${kind}`, body);
}

/** `c003 drains: 2 streams and 5 clients are left` */
function rowText(kind: string, { id, state, streams, clients }: ChildRow): string {
  if (kind === 'undrain') return `${id} is ${state} and takes new streams`;
  return `${id} is ${state} and takes no new streams; it has ${streams} streams and ${clients} clients`;
}

/** Shows the job at work, or the last one; with `stop`, ends it and waits until it has ended. */
async function showJob(stop: boolean, options: FollowOptions): Promise<void> {
  const { port, stdout, json } = options;
  const jobs = await adminAsk<JobStatus[]>(port, { method: 'GET', path: '/admin/v1/jobs' });
  const [last] = jobs;
  if (stop && last?.state === 'running') return stopJob(last, options);
  if (stop) throw new SupervisorError('ERR_JOB', 'no job is at work');
  if (json) stdout.write(`${JSON.stringify(last ?? null, null, 2)}\n`);
  else stdout.write(last === undefined ? 'no job yet\n' : `${jobText(last, Date.now())}\n`);
}

async function stopJob({ id }: JobStatus, options: FollowOptions): Promise<void> {
  const path = `/admin/v1/jobs/${id}`;
  await adminAsk(options.port, { method: 'DELETE', path });
  const report = await adminAsk<JobReport>(options.port, { method: 'GET', path });
  await follow({ ...report, steps: [] }, options).catch((error: unknown) => {
    if (!(error instanceof SupervisorError) || options.interrupted.aborted) throw error;
    if (!options.json) options.stdout.write(`${error.message}\n`);
  });
}

/** `restart --all: 5 of 32 done, for 12s; c006 drains: …` */
export function jobText(job: JobStatus, now: number): string {
  const { what, state, since, ended, done, total, error } = job;
  const progress = `${what}: ${done} of ${total} done`;
  if (state === 'running') {
    return [`${progress}, for ${formatDuration((now - since) / 1000)}`, ...job.now].join('; ');
  }
  const ago = formatDuration((now - (ended ?? now)) / 1000);
  return `${progress}, ${state} ${ago} ago${error === null ? '' : `: ${error}`}`;
}
