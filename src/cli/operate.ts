import { adminRead } from '../admin/answers.js';
import { type AdminQuestion, adminAsk } from '../admin/client.js';
import type { Kicked } from '../admin/kick-route.js';
import type { ChildRow } from '../admin/types.js';
import { SupervisorError } from '../errors.js';
import { loadOf } from '../jobs/fleet-control.js';
import type { JobReport, JobStatus } from '../jobs/job.js';
import { type FollowOptions, follow } from './follow.js';
import { formatDuration } from './format.js';
import { shortName } from './lists.js';
import { PLAIN } from './paint.js';
import { type Column, table } from './table.js';

/** An order to a running supervisor, as the command line has it. */
export type Order =
  | { readonly kind: 'drain'; readonly child: string; readonly wait: boolean; timeout?: string }
  | { readonly kind: 'undrain'; readonly child: string }
  | { readonly kind: 'restart'; readonly child: string; readonly timeout?: string }
  | { readonly kind: 'restart-all'; timeout?: string; parallel?: string; from?: string }
  | { readonly kind: 'scale'; readonly count: string; readonly timeout?: string }
  | { readonly kind: 'kick'; readonly client?: string; stream?: string; ip?: string }
  | { readonly kind: 'job'; readonly stop: boolean };

/**
 * Gives an order, prints what comes of it, and resolves when it is done. @throws ERR_USAGE,
 * ERR_BUSY, ERR_ADMIN, ERR_JOB
 */
export async function operate(order: Order, options: FollowOptions): Promise<void> {
  const { port, stdout, json } = options;
  if (order.kind === 'job') return showJob(order.stop, options);
  const answer = await adminAsk<JobReport | Kicked | ChildRow>(port, questionOf(order));
  if ('what' in answer) return follow(answer, options);
  if (json) stdout.write(`${JSON.stringify(answer, null, 2)}\n`);
  else if ('sessions' in answer) stdout.write(kickedText(answer, options.width));
  else stdout.write(`${rowText(order.kind, answer)}\n`);
}

/** Returns the request of the admin port that gives an order. */
export function questionOf(order: Exclude<Order, { kind: 'job' }>): AdminQuestion {
  const { kind, ...rest } = order;
  const post = (path: string, body: object): AdminQuestion => {
    return { method: 'POST', path: `/admin/v1/${path}`, body };
  };
  if (!('child' in rest)) return post(kind === 'restart-all' ? 'restart' : kind, rest);
  const { child, ...body } = rest;
  return post(`children/${encodeURIComponent(child)}/${kind}`, body);
}

const CLIENT_COLUMNS: readonly Column[] = [
  { title: 'CLIENT' },
  { title: 'ADDRESS', elastic: true },
  { title: 'ROLE' },
  { title: 'STREAM', elastic: true },
  { title: 'CHILD' },
];

/** Lists the clients that were closed, and counts them. */
function kickedText({ connections, sessions }: Kicked, width: number | null): string {
  const rows = connections.map(({ id, client, role, stream, child }) => [
    id,
    client,
    role ?? '-',
    stream === null ? '-' : shortName(stream),
    child ?? '-',
  ]);
  const list = rows.length === 0 ? '' : table(CLIENT_COLUMNS, rows, { width, paint: PLAIN });
  const count = rows.length + sessions;
  return `${list}${count} ${count === 1 ? 'client is' : 'clients are'} closed\n`;
}

/** Returns `c003 gets no new streams; it is draining, with 2 streams, 5 clients` */
function rowText(kind: string, row: ChildRow): string {
  const { id, state } = row;
  if (kind === 'undrain') return `${id} gets new streams again; it is ${state}`;
  return `${id} gets no new streams; it is ${state}, with ${loadOf(row)}`;
}

/** Shows the job at work, or the last one; with `stop`, ends it and waits until it has ended. */
async function showJob(stop: boolean, options: FollowOptions): Promise<void> {
  const { port, stdout, json } = options;
  const jobs = await adminRead(port, 'jobs');
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
