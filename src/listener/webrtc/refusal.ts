import type { FastifyReply, FastifyRequest } from 'fastify';

/** Why a request is not served: an HTTP status (RFC 9725 §4) and one line for the client. */
export class Refusal extends Error {
  readonly status: number;

  constructor(status: number, reason: string) {
    super(reason);
    this.name = 'Refusal';
    this.status = status;
  }
}

/** SRS's words to pages of other sites; it says them only where a page asks. */
const CORS = {
  'Access-Control-Allow-Origin': '*',
  'Access-Control-Allow-Headers': '*',
  'Access-Control-Allow-Methods': '*',
  'Access-Control-Expose-Headers': '*',
  'Access-Control-Allow-Credentials': 'false',
  'Access-Control-Request-Private-Network': 'true',
};
const RETRY_SECONDS = '1';

export function addCors(request: FastifyRequest, reply: FastifyReply): void {
  if (request.headers.origin) reply.headers(CORS);
}

/** One line of reason; where it may help to come again, when. */
export function replyRefusal(reply: FastifyReply, { status, message }: Refusal): FastifyReply {
  if (status === 503) reply.header('Retry-After', RETRY_SECONDS);
  return reply.code(status).type('text/plain; charset=utf-8').send(`${message}\n`);
}
