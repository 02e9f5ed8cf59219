/**
 * The room `console/`: the page at the admin port's `/`, and the answers that it asks for.
 * May import: admin, cpu, history, openapi, pages.
 */

import type { FastifyRequest } from 'fastify';
import { z } from 'zod';
import { takeOrders } from '../admin/order-body.js';
import type { AdminPlugin } from '../admin/server.js';
import { json, type RouteDoc } from '../openapi/route-doc.js';
import { Answers } from './answers.js';
import { CHILD_LOG, type ChildLog } from './child-log.js';
import { CONSOLE_PATHS, ConsoleFiles } from './files.js';
import { QUERY, readQuery } from './query.js';
import type { ConsoleSource } from './snapshot.js';

const DOCS = {
  console: {
    summary: 'Parts of what the console shows; they change with the console',
    tag: 'state',
    query: QUERY,
    answers: { 200: json(z.record(z.string(), z.unknown()), 'the parts, by their names') },
    errors: { 400: 'a value is out of range' },
  },
  log: {
    summary: 'The last lines that a child of this box has logged',
    tag: 'state',
    params: z.object({ id: z.string().describe('id of a child, such as c003') }),
    answers: { 200: json(CHILD_LOG, 'the lines') },
    errors: { 404: 'there is no log of that child' },
  },
} as const satisfies Record<string, RouteDoc>;

type OfChild = FastifyRequest<{ Params: { id: string } }>;

/** Routes of the console. `GET /admin/v1/console` answers all that its visible part shows. */
export function consoleRoutes(source: ConsoleSource, folder?: string): AdminPlugin {
  const answers = new Answers(source);
  const files = new ConsoleFiles(folder);
  return async (app) => {
    takeOrders(app, { ERR_USAGE: 400 });
    for (const path of CONSOLE_PATHS) {
      app.get(path, (request, reply) => files.reply(path, request, reply));
    }
    app.get('/admin/v1/console', { config: { doc: DOCS.console } }, async ({ query }, reply) =>
      reply.type('application/json; charset=utf-8').send(await answers.text(readQuery(query))),
    );
    app.get(
      '/admin/v1/children/:id/log',
      { config: { doc: DOCS.log } },
      async ({ params: { id } }: OfChild) => {
        const lines = /^c\d{3,4}$/.test(id) ? await source.log(id) : null;
        if (lines !== null) return { child: id, lines } satisfies ChildLog;
        const error = `no log of ${id} here: GET /admin/v1/children lists the children of this box`;
        throw Object.assign(new Error(error), { statusCode: 404 });
      },
    );
  };
}

/** Returns whether a request is for a file of the console, which needs no token. */
export function isConsoleFile({ url }: Pick<FastifyRequest, 'url'>): boolean {
  return CONSOLE_PATHS.includes(url.split('?')[0] ?? '');
}
