import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { JOB_REPORT, JOB_STATUS, type Job } from '../jobs/job.js';
import type { Jobs } from '../jobs/jobs.js';
import type { Operations } from '../jobs/operations.js';
import { json, type RouteDoc } from '../openapi/route-doc.js';
import { ANSWERS } from './answers.js';
import {
  FLAG,
  matching,
  type RefusalStatuses,
  readFields,
  readOrder,
  takeOrders,
  whole,
} from './order-body.js';
import type { AdminPlugin } from './server.js';
import { CHILD_ROW, type ChildRow } from './types.js';

export interface JobRoutesParts {
  readonly jobs: Jobs;
  readonly operations: Operations;
  readonly children: {
    /** Stops new streams of a child; false if there is no child of that id. */
    drain(id: string): boolean;
    /** Allows new streams again; false if there is no child of that id. */
    undrain(id: string): boolean;
    /** Returns all children. */
    rows(): readonly ChildRow[];
  };
}

/** Seconds that a drain may take; default of the commands. */
const DRAIN_SECONDS = 10;
/** Most children of a box, as in the configuration. */
const MOST_CHILDREN = 1000;

const TIMEOUT = whole(0, 86_400)
  .default(DRAIN_SECONDS)
  .describe('seconds that a drain may take; 0: none');
const CHILD_ID = /^c\d{3,4}$/;
const RESTART = z.strictObject({ timeout: TIMEOUT });
const RESTART_ALL = z.strictObject({
  timeout: TIMEOUT,
  parallel: whole(1, MOST_CHILDREN).default(1).describe('most children in work at a time'),
  from: matching("a child's id, such as c003", CHILD_ID)
    .optional()
    .describe('begin with this child; default: the first one'),
});
const DRAIN = z.strictObject({
  timeout: TIMEOUT,
  wait: FLAG.default(false).describe('make it a job that waits for the last client'),
});
const SCALE = z.strictObject({
  timeout: TIMEOUT,
  count: whole(1, MOST_CHILDREN).describe('number of children'),
});
const JOB_QUERY = z.object({
  from: whole(0, 999_999_999).default(0).describe('index of the first step to be told'),
});

const STATUS: RefusalStatuses = { ERR_USAGE: 400, ERR_BUSY: 409 };

type OfChild = FastifyRequest<{ Params: { id: string } }>;
type OfJob = FastifyRequest<{ Params: { id: string } }>;

/**
 * Orders about children. What takes time is a job: the answer is 202 and the job, which `GET
 * /admin/v1/jobs/ID` shows on its way; 409 if another one is at work.
 */
export function jobRoutes(parts: JobRoutesParts): AdminPlugin {
  return async (app) => {
    takeOrders(app, STATUS);
    addChildRoutes(app, parts);
    addJobRoutes(app, parts);
  };
}

function addChildRoutes(app: FastifyInstance, parts: JobRoutesParts): void {
  const { operations } = parts;
  app.post(
    '/admin/v1/children/:id/drain',
    { config: { doc: DOCS.drain } },
    async (request: OfChild, reply) => drain(parts, request, reply),
  );
  app.post(
    '/admin/v1/children/:id/undrain',
    { config: { doc: DOCS.undrain } },
    async (request: OfChild) => undrain(parts, request),
  );
  app.post(
    '/admin/v1/children/:id/restart',
    { config: { doc: DOCS.restart } },
    async ({ params: { id }, body }: OfChild, reply) => {
      rowOf(parts, id);
      const { timeout } = readOrder(body, RESTART);
      return accept(reply, operations.restart({ ids: [id], drainMs: 1000 * timeout }));
    },
  );
  app.post('/admin/v1/restart', { config: { doc: DOCS.restartAll } }, async ({ body }, reply) => {
    const { timeout, parallel, from } = readOrder(body, RESTART_ALL);
    const ids = operations.idsFrom(from);
    return accept(reply, operations.restart({ ids, parallel, drainMs: 1000 * timeout }));
  });
  app.post('/admin/v1/scale', { config: { doc: DOCS.scale } }, async ({ body }, reply) => {
    const { timeout, count } = readOrder(body, SCALE);
    return accept(reply, operations.scale(count, 1000 * timeout));
  });
}

function addJobRoutes(app: FastifyInstance, { jobs }: JobRoutesParts): void {
  app.get('/admin/v1/jobs', { config: { doc: DOCS.jobs } }, async () => jobs.list());
  app.get('/admin/v1/jobs/:id', { config: { doc: DOCS.job } }, async (request: OfJob) => {
    const { from } = readFields(request.query, JOB_QUERY);
    return jobOf(jobs, request).report(from);
  });
  app.delete('/admin/v1/jobs/:id', { config: { doc: DOCS.stopJob } }, async (request: OfJob) => {
    const job = jobOf(jobs, request);
    job.stop();
    return job.status();
  });
}

const OF_CHILD = z.object({ id: z.string().regex(CHILD_ID).describe('id of a child: c003') });
const OF_JOB = z.object({ id: z.string().describe('number of a job') });
const BAD_BODY = 'a key of the body is unknown or has a value that cannot be meant';
const NO_CHILD = 'no child that the supervisor started has that id';
const NO_JOB = 'the job is not among the last ones';
const BUSY = 'another job is at work';
const BEGUN = json(JOB_REPORT, 'the job has begun');
const ROW = json(CHILD_ROW, 'done; the row of the child');

const DOCS = {
  drain: {
    summary: 'Give a child no new streams; with wait, as a job that waits for its last client',
    tag: 'orders',
    params: OF_CHILD,
    body: DRAIN,
    answers: { 200: ROW, 202: BEGUN },
    errors: { 400: BAD_BODY, 404: NO_CHILD, 409: BUSY },
  },
  undrain: {
    summary: 'Give a child new streams again; a job that waits for its drain ends',
    tag: 'orders',
    params: OF_CHILD,
    answers: { 200: ROW },
    errors: { 404: NO_CHILD, 409: BUSY },
  },
  restart: {
    summary: 'Drain a child and replace its process, as a job',
    tag: 'orders',
    params: OF_CHILD,
    body: RESTART,
    answers: { 202: BEGUN },
    errors: { 400: BAD_BODY, 404: NO_CHILD, 409: BUSY },
  },
  restartAll: {
    summary: 'Drain and replace all children, some at a time, as a job',
    tag: 'orders',
    body: RESTART_ALL,
    answers: { 202: BEGUN },
    errors: { 400: BAD_BODY, 409: BUSY },
  },
  scale: {
    summary: 'Have that many children, as a job',
    tag: 'orders',
    body: SCALE,
    answers: { 202: BEGUN },
    errors: { 400: BAD_BODY, 409: BUSY },
  },
  jobs: {
    summary: 'The last 16 jobs, newest first',
    tag: 'orders',
    answers: { 200: json(ANSWERS.jobs, 'the jobs') },
  },
  job: {
    summary: 'A job with its steps',
    tag: 'orders',
    params: OF_JOB,
    query: JOB_QUERY,
    answers: { 200: json(JOB_REPORT, 'the job') },
    errors: { 400: 'from is no number', 404: NO_JOB },
  },
  stopJob: {
    summary: 'End a job as soon as the box is in order',
    tag: 'orders',
    params: OF_JOB,
    answers: { 200: json(JOB_STATUS, 'the job, which may run for a moment still') },
    errors: { 404: NO_JOB },
  },
} as const satisfies Record<string, RouteDoc>;

/** Drains at once, and answers the child's row; with `wait` it is a job. */
function drain(parts: JobRoutesParts, { params, body }: OfChild, reply: FastifyReply): unknown {
  const { jobs, operations, children } = parts;
  const { id } = params;
  rowOf(parts, id);
  const { wait, timeout } = readOrder(body, DRAIN);
  if (wait) return accept(reply, operations.drain(id, 1000 * timeout));
  jobs.demandFree(id);
  children.drain(id);
  return rowOf(parts, id);
}

/** Ends a job that waits for this drain. */
function undrain(parts: JobRoutesParts, { params: { id } }: OfChild): unknown {
  const { jobs, children } = parts;
  rowOf(parts, id);
  const { current } = jobs;
  if (current?.what === `drain ${id}`) current.stop();
  else jobs.demandFree(id);
  children.undrain(id);
  return rowOf(parts, id);
}

function rowOf({ children }: JobRoutesParts, id: string): ChildRow {
  const row = children.rows().find((one) => one.id === id && one.managed);
  if (row !== undefined) return row;
  const error = `no child of ours is called ${id}: GET /admin/v1/children lists them`;
  throw Object.assign(new Error(error), { statusCode: 404 });
}

function jobOf(jobs: Jobs, { params: { id } }: OfJob): Job {
  const job = jobs.find(Number(id));
  if (job !== null) return job;
  const error = `no job ${id}: GET /admin/v1/jobs lists the last ones`;
  throw Object.assign(new Error(error), { statusCode: 404 });
}

function accept(reply: FastifyReply, job: Job): FastifyReply {
  return reply.code(202).send(job.report());
}
