import type { FastifyError } from 'fastify';
import { codeOf, messageOf } from '../errors.js';
import { readOrder, readTextBodies } from './order-body.js';
import type { AdminPlugin } from './server.js';
import type { Reload } from './types.js';

const ORDER = {
  dryRun: { reader: { rule: 'true or false', read: readFlag }, fallback: false },
};

/** HTTP statuses for a reload that has changed nothing. */
const STATUS: Readonly<Record<string, number>> = {
  ERR_USAGE: 400,
  ERR_BUSY: 409,
  ERR_CONFIG: 422,
  ERR_CHILD_CONFIG: 422,
};

/** The order to reload: 200 and its report, or 422 if a file is bad, and nothing has changed. */
export function reloadRoutes(reload: Reload): AdminPlugin {
  return async (app) => {
    readTextBodies(app);
    app.setErrorHandler((error: FastifyError, _request, reply) => {
      const status = STATUS[codeOf(error)] ?? error.statusCode;
      if (status === undefined) throw error;
      return reply.code(status).send({ error: messageOf(error) });
    });
    app.post('/admin/v1/reload', ({ body }) => reload(readOrder(body, ORDER).dryRun));
  };
}

function readFlag(raw: unknown): boolean | undefined {
  return typeof raw === 'boolean' ? raw : undefined;
}
