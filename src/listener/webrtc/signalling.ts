import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { askChild, type ChildAnswer } from '../../child-access/ask.js';
import { tokenIn, tokenOf } from '../../protocol/access-token.js';
import { namedCorsHeaders } from '../../protocol/http/cors.js';
import { HOP_HEADER } from '../../protocol/peer/hop.js';
import { parseQuery } from '../../protocol/query.js';
import type { Parsed } from '../../protocol/result.js';
import {
  parseStreamurl,
  parseWhipRequest,
  type RtcRequest,
} from '../../protocol/webrtc/request.js';
import type { Role } from '../../stream-key.js';
import { logFailure } from '../log-failure.js';
import { isOwnFailure } from '../session-error.js';
import { clientIp, hopHeader } from './hop.js';
import {
  type Dialect,
  headersFor,
  type Negotiated,
  negotiate,
  type SignallingOptions,
  splitUrl,
} from './negotiate.js';
import { asRefusal, OfferRefusal, replyRefusal } from './refusal.js';

export type { SignallingOptions } from './negotiate.js';

/** Most bytes of a body; browsers' offers have some 10 KB. */
const MAX_BODY_BYTES = 64 * 1024;
const NO_BODY = Buffer.alloc(0);
/** SRS's code for an unknown session. */
const NO_SESSION = 5022;
/** Hop-by-hop headers of a child's answer, and those that we set. */
const CHILD_HEADERS =
  /^(?:connection|keep-alive|transfer-encoding|content-length|access-control-.*)$/;

/** SRS's paths of WHIP and WHEP, with their roles. */
const ENDPOINTS: Readonly<Record<string, Role>> = {
  '/rtc/v1/whip/': 'publish',
  '/rtc/v1/whep/': 'play',
  '/rtc/v1/whip-play/': 'play',
};
const OLDER: Readonly<Record<string, Role>> = {
  '/rtc/v1/publish/': 'publish',
  '/rtc/v1/play/': 'play',
};

/**
 * SRS's WebRTC API for all children: WHIP, WHEP and the older JSON API. Offers go to the stream's
 * owner; answers return with our candidates. If SRS only closes the connection, the client gets a
 * status.
 */
export function rtcSignalling(options: SignallingOptions) {
  return async (app: FastifyInstance): Promise<void> => {
    app.removeAllContentTypeParsers();
    const parser = { parseAs: 'buffer', bodyLimit: MAX_BODY_BYTES } as const;
    app.addContentTypeParser('*', parser, (_request, body, done) => done(null, body));
    app.addHook('onRequest', async ({ headers }, reply) => {
      reply.headers(namedCorsHeaders(headers));
    });
    app.setErrorHandler((error: Error, request, reply) =>
      replyRefusal(reply, refuse(options, request, error)),
    );
    for (const [url, role] of Object.entries(ENDPOINTS)) addEndpoint(app, url, role, options);
    for (const [url, role] of Object.entries(OLDER)) addOlder(app, url, role, options);
    redirectTo(app, '/rtc/v1/nack/');
    app.route({
      method: ['GET', 'POST'],
      url: '/rtc/v1/nack/',
      handler: (request, reply) => nack(options, request, reply),
    });
  };
}

/** Logs an error, and returns the refusal for the client. */
function refuse(
  { logger }: SignallingOptions,
  request: FastifyRequest,
  error: unknown,
): OfferRefusal {
  const refusal = asRefusal(error);
  const { id, method, url, clientAddress } = request;
  const status = `${refusal.status}`;
  const about = { request: id, client: clientAddress.ip, method, url, status };
  const isOwn = isOwnFailure(refusal.failure);
  logFailure(logger, 'webrtc request refused', about, isOwn ? error : refusal);
  return refusal;
}

function addEndpoint(
  app: FastifyInstance,
  url: string,
  role: Role,
  options: SignallingOptions,
): void {
  redirectTo(app, url);
  app.post(url, (request, reply) => whip(options, request, reply, role));
  app.delete(url, (request, reply) => remove(options, request, reply));
  app.options(url, (_request, reply) => reply.send());
  // Without trickle ICE and ICE restart, RFC 9725 §4.3 requires 405 for PATCH, and §4.2 for others.
  app.route({
    method: ['GET', 'PUT', 'PATCH'],
    url,
    handler: (request, reply) => {
      reply.header('Allow', 'POST, DELETE, OPTIONS');
      throw new OfferRefusal(405, `${request.method} is not for this URL: POST an SDP offer`);
    },
  });
}

function addOlder(app: FastifyInstance, url: string, role: Role, options: SignallingOptions): void {
  redirectTo(app, url);
  app.options(url, (_request, reply) => reply.send());
  app.post(url, (request, reply) => older(options, request, reply, role));
}

/** Redirects like SRS, for which the path is a directory. */
function redirectTo(app: FastifyInstance, url: string): void {
  app.all(url.slice(0, -1), (request, reply) => {
    const { query } = splitUrl(request.url);
    const path = request.strippedPrefix + url;
    const location = query === '' ? path : `${path}?${query}`;
    reply.code(302).header('Location', location).type('text/plain; charset=utf-8');
    return reply.send(`Redirect to ${location}`);
  });
}

/**
 * Deletes a session. The child verifies the token; an unknown session counts as deleted. A session
 * of another box is deleted there, unless a box has sent the request.
 */
async function remove(
  options: SignallingOptions,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<FastifyReply> {
  const { sessions, answerMs } = options;
  const query = parseQuery(splitUrl(request.url).query);
  if (!query.get('token')) throw new OfferRefusal(400, 'the URL has no token: DELETE the Location');
  const name = query.get('session') ?? '';
  const session = sessions.find(name);
  const isHop = request.headers[HOP_HEADER] !== undefined;
  const route = isHop ? session?.route : sessions.routeOf(name);
  if (!route) return reply.send();
  const { host, ports } = route;
  const ip = clientIp(options, request);
  const headers = { ...headersFor(request, NO_BODY), ...hopHeader(route, ip, request.url) };
  const question = { method: 'DELETE', path: request.url, headers, body: NO_BODY };
  const limits = { purpose: 'signalling', signal: AbortSignal.timeout(answerMs) } as const;
  const answer = await askChild({ host, port: ports.api }, question, limits);
  if (answer === null) throw new OfferRefusal(403, 'the token is not of this session');
  if (answer.status === 200 && session) sessions.end(session, 'its client has deleted it');
  return sendBody(passOn(reply, answer), answer.body);
}

async function whip(
  options: SignallingOptions,
  request: FastifyRequest,
  reply: FastifyReply,
  role: Role,
): Promise<FastifyReply> {
  const text = splitUrl(request.url).query;
  const query = parseQuery(text);
  const { vhosts } = options;
  const wanted = need(parseWhipRequest({ query, host: request.headers.host ?? '', vhosts }, role));
  const offer = (request.body as Buffer | undefined)?.toString() ?? '';
  const answerOf = ({ status, body }: ChildAnswer) => (status === 201 ? body.toString() : null);
  const token = tokenOf(text, request.headers.authorization);
  const dialect: Dialect = { offer, wanted, token, takesUfrag: true, answerOf };
  const { answer, sdp } = await negotiate(options, request, dialect);
  return passOn(reply, answer).send(sdp ?? answer.body);
}

/** Serves the older API, whose errors are an HTTP 200 with a code other than 0. */
async function older(
  options: SignallingOptions,
  request: FastifyRequest,
  reply: FastifyReply,
  role: Role,
): Promise<FastifyReply> {
  try {
    const { answer, sdp } = await negotiateOlder(options, request, role);
    if (sdp === null) return passOn(reply, answer).send(answer.body);
    return sendJson(passOn(reply, answer), { ...jsonOf(answer.body), sdp });
  } catch (error) {
    const { status, message } = refuse(options, request, error);
    const code = status === 503 || status === 500 ? status : 400;
    return sendJson(reply, { code, data: { reason: message } });
  }
}

async function negotiateOlder(
  options: SignallingOptions,
  request: FastifyRequest,
  role: Role,
): Promise<Negotiated> {
  const { sdp, streamurl } = jsonOf(request.body as Buffer | undefined);
  if (typeof sdp !== 'string' || typeof streamurl !== 'string') {
    throw new OfferRefusal(400, 'the body is no JSON with sdp and streamurl');
  }
  const wanted = need(parseStreamurl(streamurl, options, role));
  const answerOf = ({ body }: ChildAnswer) => {
    const { code, sdp: answered } = jsonOf(body);
    return code === 0 && typeof answered === 'string' ? answered : null;
  };
  const { url, headers } = request;
  const token = tokenIn(streamurl) ?? tokenOf(splitUrl(url).query, headers.authorization);
  return negotiate(options, request, { offer: sdp, wanted, token, takesUfrag: false, answerOf });
}

/**
 * Passes a nack on; only simulator builds of SRS lose packets on purpose, others answer as for any
 * path.
 */
async function nack(
  { sessions, answerMs }: SignallingOptions,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<FastifyReply> {
  const query = parseQuery(splitUrl(request.url).query);
  const session = sessions.find(query.get('username') ?? '');
  if (session === null) return sendJson(reply, { code: NO_SESSION });
  const { host, ports } = session.route;
  const headers = headersFor(request, NO_BODY);
  const question = { method: 'GET', path: request.url, headers, body: NO_BODY };
  const limits = { purpose: 'signalling', signal: AbortSignal.timeout(answerMs) } as const;
  const answer = await askChild({ host, port: ports.api }, question, limits);
  if (answer === null) throw new OfferRefusal(403, 'the child refuses');
  return passOn(reply, answer).send(answer.body);
}

function passOn(reply: FastifyReply, { status, headers }: ChildAnswer): FastifyReply {
  const kept = Object.entries(headers).filter(([name]) => !CHILD_HEADERS.test(name));
  reply.code(status).headers(Object.fromEntries(kept));
  const { location } = headers;
  const { strippedPrefix } = reply.request;
  return location?.startsWith('/') ? reply.header('Location', strippedPrefix + location) : reply;
}

/** Sends bytes: to a text Fastify would add a charset, which SRS does not send. */
function sendJson(reply: FastifyReply, body: Readonly<Record<string, unknown>>): FastifyReply {
  return reply.type('application/json').send(Buffer.from(JSON.stringify(body)));
}

/** Fastify gives a body without bytes a content type. */
function sendBody(reply: FastifyReply, body: Buffer): FastifyReply {
  return body.length === 0 ? reply.send() : reply.send(body);
}

function need(parsed: Parsed<RtcRequest>): RtcRequest {
  if (parsed.kind === 'value') return parsed.value;
  throw new OfferRefusal(400, parsed.kind === 'invalid' ? parsed.reason : 'incomplete');
}

function jsonOf(body: Buffer | undefined): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(body?.toString() ?? '');
    return typeof value === 'object' && value !== null ? { ...value } : {};
  } catch {
    return {};
  }
}
