import type { IncomingMessage } from 'node:http';
import type { FastifyInstance } from 'fastify';
import { SERVICE_ID } from '../../system/service-id.js';

/** A caller's own id, if it is harmless in a header and a log line. */
const PLAIN = /^[\w.:-]{1,64}$/;
let count = 0;

/** Returns a request's id: the caller's `x-request-id`, or a new one. */
export function requestId({ headers }: Pick<IncomingMessage, 'headers'>): string {
  const { 'x-request-id': own } = headers;
  if (typeof own === 'string' && PLAIN.test(own)) return own;
  count += 1;
  return `${SERVICE_ID}-${count.toString(36)}`;
}

/** Sends each request's id in its answer; the log names it where a request fails. */
export function sendRequestIds(app: FastifyInstance): void {
  app.addHook('onRequest', async (request, reply) => {
    reply.header('x-request-id', request.id);
  });
}
