import type { FastifyReply } from 'fastify';

/** Why a request is not served: an HTTP status (RFC 9725 §4) and one line for the client. */
export class OfferRefusal extends Error {
  readonly status: number;

  constructor(status: number, reason: string) {
    super(reason);
    this.name = 'OfferRefusal';
    this.status = status;
  }
}

const RETRY_SECONDS = '1';

/** One line of reason; where it may help to come again, when. */
export function replyRefusal(reply: FastifyReply, { status, message }: OfferRefusal): FastifyReply {
  if (status === 503) reply.header('Retry-After', RETRY_SECONDS);
  return reply.code(status).type('text/plain; charset=utf-8').send(`${message}\n`);
}
