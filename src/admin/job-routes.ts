import type { FastifyReply, FastifyRequest } from 'fastify';
import { integer, text } from '../config/readers.js';
import { SupervisorError } from '../errors.js';
import type { Job } from '../jobs/job.js';
import type { Jobs } from '../jobs/jobs.js';
import type { Operations } from '../jobs/operations.js';
import { flag, type OrderKey, type RefusalStatuses, readOrder, takeOrders } from './order-body.js';
import type { AdminPlugin } from './server.js';
import type { ChildRow } from './types.js';

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

const TIMEOUT: OrderKey<number> = { reader: integer(0, 86_400), fallback: DRAIN_SECONDS };
const CHILD = text("a child's id, such as c003", /^c\d{3,4}$/);
const RESTART_ALL = {
  timeout: TIMEOUT,
  parallel: { reader: integer(1, MOST_CHILDREN), fallback: 1 },
  from: { reader: CHILD, fallback: undefined as string | undefined },
};
const DRAIN = {
  timeout: TIMEOUT,
  wait: { reader: flag, fallback: false },
};
const SCALE = {
  timeout: TIMEOUT,
  count: { reader: integer(1, MOST_CHILDREN), fallback: undefined as number | undefined },
};

const STATUS: RefusalStatuses = { ERR_USAGE: 400, ERR_BUSY: 409 };

type OfChild = FastifyRequest<{ Params: { id: string } }>;
type OfJob = FastifyRequest<{ Params: { id: string }; Querystring: { from?: string } }>;

/**
 * Orders about children. What takes time is a job: the answer is 202 and the job, which `GET
 * /admin/v1/jobs/ID` shows on its way; 409 if another one is at work.
 */
export function jobRoutes(parts: JobRoutesParts): AdminPlugin {
  const { jobs, operations } = parts;
  return async (app) => {
    takeOrders(app, STATUS);
    app.post('/admin/v1/children/:id/drain', async (request: OfChild, reply) =>
      drain(parts, request, reply),
    );
    app.post('/admin/v1/children/:id/undrain', async (request: OfChild) => undrain(parts, request));
    app.post('/admin/v1/children/:id/restart', async ({ params: { id }, body }: OfChild, reply) => {
      rowOf(parts, id);
      const { timeout } = readOrder(body, { timeout: TIMEOUT });
      return accept(reply, operations.restart({ ids: [id], drainMs: 1000 * timeout }));
    });
    app.post('/admin/v1/restart', async ({ body }, reply) => {
      const { timeout, parallel, from } = readOrder(body, RESTART_ALL);
      const ids = operations.idsFrom(from);
      return accept(reply, operations.restart({ ids, parallel, drainMs: 1000 * timeout }));
    });
    app.post('/admin/v1/scale', async ({ body }, reply) => {
      const { timeout, count } = readOrder(body, SCALE);
      if (count === undefined) throw new SupervisorError('ERR_USAGE', 'count: is missing');
      return accept(reply, operations.scale(count, 1000 * timeout));
    });
    app.get('/admin/v1/jobs', async () => jobs.list());
    app.get('/admin/v1/jobs/:id', async (request: OfJob) => {
      const { from = '0' } = request.query;
      return jobOf(jobs, request).report(/^\d{1,9}$/.test(from) ? Number(from) : 0);
    });
    app.delete('/admin/v1/jobs/:id', async (request: OfJob) => {
      const job = jobOf(jobs, request);
      job.stop();
      return job.status();
    });
  };
}

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
