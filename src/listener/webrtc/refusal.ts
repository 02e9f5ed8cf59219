import type { FastifyReply } from 'fastify';
import type { Failure } from '../failure.js';
import { challenge, GATE_STATUS } from '../http/gate-refusal.js';
import { failureOf, isOwnFailure, reasonForClient, SessionError } from '../session-error.js';

/** Refuses a request with an HTTP status (RFC 9725 §4) and one line for the client. */
export class OfferRefusal extends SessionError {
  readonly status: number;

  constructor(status: number, reason: string, failure: Failure = 'invalid') {
    super(failure, reason);
    this.name = 'OfferRefusal';
    this.status = status;
  }
}

/** HTTP status by kind of refusal at the gate. */
const STATUS: Partial<Record<Failure, number>> = { ...GATE_STATUS, busy: 409 };

/** Returns the refusal for any error; Fastify's errors have a status. */
export function asRefusal(error: unknown): OfferRefusal {
  if (error instanceof OfferRefusal) return error;
  const { statusCode = 500, message } = error as Error & { readonly statusCode?: number };
  if (statusCode < 500) return new OfferRefusal(statusCode, message);
  const failure = failureOf(error);
  const status = STATUS[failure];
  if (status !== undefined) return new OfferRefusal(status, message, failure);
  if (!isOwnFailure(failure)) return new OfferRefusal(503, 'the child does not answer', 'child');
  return new OfferRefusal(failure === 'registry' ? 503 : 500, reasonForClient(error), failure);
}

/** Sends the reason, and for a temporary refusal when to retry. */
export function replyRefusal(reply: FastifyReply, { status, message }: OfferRefusal): FastifyReply {
  reply.headers(challenge(status));
  return reply.code(status).type('text/plain; charset=utf-8').send(`${message}\n`);
}
