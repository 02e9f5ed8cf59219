import type { FastifyReply, FastifyRequest } from 'fastify';
import { corsHeaders } from '../protocol/http/cors.js';
import type { ApiRefusal } from './access.js';
import type { Json } from './json.js';
import type { ApiIdentity } from './types.js';

/** The answer of a path, independent of HTTP. */
export type ApiAnswer =
  /** Sent with code 0, server, service and pid. */
  | { readonly kind: 'data'; readonly data: Json }
  /** Sent as it is. */
  | { readonly kind: 'bare'; readonly body: Json }
  /** Text of SRS's `/metrics`, or of a status. */
  | { readonly kind: 'text'; readonly status: number; readonly text: string }
  | { readonly kind: 'redirect'; readonly status: 301 | 302; readonly to: string };

export function data(value: Json): ApiAnswer {
  return { kind: 'data', data: value };
}

/** Makes an error answer; SRS sends its errors with HTTP status 200. */
export function code(number: number): ApiAnswer {
  return { kind: 'bare', body: { code: number } };
}

export function text(status: number, words: string): ApiAnswer {
  return { kind: 'text', status, text: words };
}

export const METHOD_NOT_ALLOWED = text(405, 'Method Not Allowed');

/** Returns the part of an answer that another box needs. */
export function bodyOf(answer: ApiAnswer): Json {
  if (answer.kind === 'data') return { code: 0, ...answer.data };
  return answer.kind === 'bare' ? answer.body : { code: answer.status };
}

/** Adds SRS's headers; those of CORS only if permitted and the request has an `Origin`. */
export function addHeaders(
  { headers }: FastifyRequest,
  reply: FastifyReply,
  rules: { readonly crossdomain: boolean; readonly version: string },
): void {
  reply.header('server', `SRS/${rules.version}(srs-supervisor)`);
  if (rules.crossdomain) reply.headers(corsHeaders(headers.origin));
}

/** Sends a refusal in SRS's format; without a body if it has no reason. */
export function refuse(reply: FastifyReply, { status, scheme, reason }: ApiRefusal): FastifyReply {
  reply.code(status);
  if (scheme !== null) reply.header('www-authenticate', scheme);
  if (reason === '') return reply.send();
  return sendAs(reply, 'application/json', JSON.stringify({ code: status, error: reason }));
}

/** Sends an answer. `callback`: the JSONP function, '' for plain JSON. */
export function send(
  reply: FastifyReply,
  answer: ApiAnswer,
  { identity, callback }: { readonly identity: ApiIdentity; readonly callback: string },
): FastifyReply {
  if (answer.kind === 'redirect') {
    reply.header('location', answer.to);
    return sendText(reply, answer.status, `Redirect to ${answer.to}`);
  }
  if (answer.kind === 'text') return sendText(reply, answer.status, answer.text);
  const body = answer.kind === 'data' ? { ...envelope(identity), ...answer.data } : answer.body;
  const json = JSON.stringify(body);
  if (callback === '') return sendAs(reply, 'application/json', json);
  return sendAs(reply, 'text/javascript', `${callback}(${json})`);
}

function envelope({ server, service, pid }: ApiIdentity): Json {
  return { code: 0, server, service, pid: String(pid) };
}

function sendText(reply: FastifyReply, status: number, words: string): FastifyReply {
  return sendAs(reply.code(status), 'text/plain; charset=utf-8', words);
}

/** Sends bytes: to a text Fastify would add a charset, which SRS does not send. */
function sendAs(reply: FastifyReply, type: string, body: string): FastifyReply {
  return reply.header('content-type', type).send(Buffer.from(body));
}
