import { randomBytes } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import type { FastifyRequest } from 'fastify';
import { askChild, type ChildAnswer } from '../../child-access/ask.js';
import { messageOf } from '../../errors.js';
import type { Logger } from '../../logging/logger.js';
import { logFault } from '../../logging/refusals.js';
import { bearerOf } from '../../protocol/http/bearer.js';
import { HOP_HEADER } from '../../protocol/peer/hop.js';
import { parseQuery } from '../../protocol/query.js';
import { ownQuery, type RtcRequest } from '../../protocol/webrtc/request.js';
import { countMedia, iceOf, offerFault } from '../../protocol/webrtc/sdp.js';
import { encodeUfrag, NONCE_SIZE, sealedNonce } from '../../protocol/webrtc/ufrag.js';
import { type Role, type StreamKey, streamKey } from '../../stream-key.js';
import type { Connection } from '../connection.js';
import type { Gate } from '../gate.js';
import { logFailure } from '../log-failure.js';
import type { Fault, Route, Router } from '../route.js';
import { failureOf } from '../session-error.js';
import { inTurn, type SetupTurns } from '../setup-turns.js';
import { hopHeader, toldIp } from './hop.js';
import type { OfferTurns } from './offer-turns.js';
import { type CandidatePlan, type MediaWay, planCandidates } from './offers.js';
import { OfferRefusal } from './refusal.js';
import type { RtcSessions } from './sessions.js';

export interface SignallingOptions {
  readonly route: Router;
  readonly gate: Gate;
  readonly turns?: SetupTurns | undefined;
  readonly offers: OfferTurns;
  readonly sessions: RtcSessions;
  readonly way: MediaWay;
  readonly vhosts: readonly string[];
  /** Four letters or digits that distinguish this box's sessions. */
  readonly box: string;
  /** The boxes' shared secret; null: there are no other boxes. */
  readonly secret: string | null;
  readonly isPublished: (stream: StreamKey) => Promise<boolean>;
  /** Takes a client's bearer token; its child's hooks will have this key in `param`. */
  readonly noteBearer: (key: string, token: string) => void;
  /** Most milliseconds for a child's answer, which may wait for its hooks. */
  readonly answerMs: number;
  readonly logger: Logger;
}

/** The form of an offer and its answer in one of SRS's two APIs. */
export interface Dialect {
  readonly offer: string;
  readonly wanted: RtcRequest;
  /** The access token that the client has shown; null: none. */
  readonly token: string | null;
  /** True if the child takes an ICE ufrag of our choice. */
  readonly takesUfrag: boolean;
  /** Returns the SDP; null: the child has not agreed. */
  answerOf(answer: ChildAnswer): string | null;
}

/** The child's answer, and its SDP for the client. */
export interface Negotiated {
  readonly answer: ChildAnswer;
  /** Null: the child has refused, with an answer of its own. */
  readonly sdp: string | null;
}

const BEARER_KEY_BYTES = 12;
/** Hop-by-hop headers, and those that name the client. */
const OWN_HEADERS =
  /^(connection|keep-alive|transfer-encoding|content-length|expect|upgrade|te|trailer|proxy-.*|x-real-ip|x-forwarded-(?:for|prefix)|x-srs-supervisor-hop)$/;

/** Lets the stream's owner answer an offer, and opens the session. @throws OfferRefusal */
export async function negotiate(
  options: SignallingOptions,
  request: FastifyRequest,
  dialect: Dialect,
): Promise<Negotiated> {
  const { offer, wanted } = dialect;
  const fault = offerFault(offer, wanted.role);
  if (fault !== null) throw new OfferRefusal(fault.status, fault.reason);
  const told = toldIp(options, request);
  const ip = told ?? request.clientAddress.ip;
  const { port } = request.clientAddress;
  const connection = options.sessions.admit(ip, port);
  if (typeof connection === 'string')
    throw new OfferRefusal(503, `limits.${connection} is reached`);
  const stream = streamKey(wanted);
  connection.named(stream, wanted.role);
  try {
    await options.gate.pass(connection, {
      ...{ stream, role: wanted.role, ip, token: dialect.token },
      isSentOn: told !== null,
      isMeasured: options.way.media !== 'direct',
    });
    await checkSuffix(options, wanted);
    const negotiated = await inTurn(options.turns, { ip, signal: connection.signal }, async () => {
      const route = await findRoute(options, request, stream, wanted.role);
      return askOwner({ options, request, dialect, connection, ip }, route);
    });
    if (negotiated.sdp === null) noteRefusal(options, request, connection, negotiated.answer);
    return negotiated;
  } catch (error) {
    options.sessions.reject(connection, failureOf(error));
    throw error;
  }
}

/** Counts and logs a client that its child refuses, or the box that has its stream. */
function noteRefusal(
  { sessions, logger }: SignallingOptions,
  { id, clientAddress, method, url }: FastifyRequest,
  connection: Connection,
  { status }: ChildAnswer,
): void {
  const why =
    status === 409
      ? new OfferRefusal(409, `${connection.stream} is being published already`, 'busy')
      : new OfferRefusal(status, `the child refuses it with status ${status}`, 'child');
  const about = { request: id, client: clientAddress.ip, method, url, status: `${status}` };
  sessions.reject(connection, logFailure(logger, 'webrtc request refused', about, why));
}

/** Refuses a player that has another protocol's name of a stream: in SRS it would wait for ever. */
async function checkSuffix({ isPublished }: SignallingOptions, wanted: RtcRequest): Promise<void> {
  const plain = wanted.stream.replace(/\.(?:flv|ts|mp3|aac|m3u8)$/, '');
  const hasSuffix = wanted.role === 'play' && plain !== wanted.stream;
  if (!hasSuffix || (await isPublished(streamKey(wanted)))) return;
  const hint = `names of WebRTC have no suffix: ask for stream=${plain}`;
  throw new OfferRefusal(404, `nobody publishes ${streamKey(wanted)}; ${hint}`);
}

interface Negotiation {
  readonly options: SignallingOptions;
  readonly request: FastifyRequest;
  readonly dialect: Dialect;
  readonly connection: Connection;
  /** The client's true address. */
  readonly ip: string;
}

/**
 * Finds the owner. An offer that another box has sent on is not sent on again: there are no loops.
 */
async function findRoute(
  options: SignallingOptions,
  { headers }: FastifyRequest,
  stream: StreamKey,
  role: Role,
): Promise<Route> {
  const route = await options.route(stream, role);
  const isCircle = route?.via !== undefined && headers[HOP_HEADER] !== undefined;
  if (route !== null && !isCircle) return route;
  route?.release();
  throw new OfferRefusal(503, 'no child can take this stream now', 'no-child');
}

/** Asks the owner; releases the route if no session is opened. */
async function askOwner(negotiation: Negotiation, route: Route): Promise<Negotiated> {
  const { options, request, dialect, connection } = negotiation;
  const plan = planFor(options, request, route);
  let isOpen = false;
  let agreed: ChildAnswer | null = null;
  let fault: Fault | undefined;
  try {
    const answer = await options.offers.run(route, connection.signal, () => {
      fault = 'refused';
      return ask(negotiation, route, plan);
    });
    fault = undefined;
    const sdp = dialect.answerOf(answer);
    if (sdp === null) return { answer, sdp };
    agreed = answer;
    const [ours, theirs] = [iceOf(sdp), iceOf(dialect.offer)];
    if (ours === null || theirs === null)
      throw new OfferRefusal(406, 'the offer has no media to answer');
    checkMedia(dialect, sdp);
    const username = `${ours.ufrag}:${theirs.ufrag}`;
    const { password } = ours;
    const rewritten = plan.rewrite(sdp);
    isOpen = options.sessions.open({ username, password, connection, route }) !== null;
    if (!isOpen) throw new OfferRefusal(409, 'a session of this ICE ufrag exists already');
    return { answer, sdp: rewritten };
  } finally {
    if (!isOpen) {
      if (agreed !== null) withdraw(negotiation, route, agreed);
      route.release(fault);
    }
  }
}

/** Refuses an answer with fewer m-lines than a publisher's offer, which browsers do not accept. */
function checkMedia({ offer, wanted }: Dialect, answer: string): void {
  const [given, offered] = [countMedia(answer), countMedia(offer)];
  if (wanted.role === 'play' || given >= offered) return;
  throw new OfferRefusal(406, `SRS takes ${given} of the ${offered} m-lines of the offer`);
}

/** Deletes a session that nobody uses: otherwise its stream would be occupied for half a minute. */
function withdraw({ request, options }: Negotiation, route: Route, { headers }: ChildAnswer): void {
  const { location: path } = headers;
  if (path === undefined) return;
  const body = Buffer.alloc(0);
  const question = { method: 'DELETE', path, headers: headersFor(request, body), body };
  const target = { host: route.host, port: route.ports.api };
  const { logger } = options;
  const signal = AbortSignal.timeout(options.answerMs);
  askChild(target, question, { purpose: 'signalling', signal }).catch((error: unknown) =>
    logger.debug({ reason: messageOf(error) }, 'webrtc: session not withdrawn'),
  );
}

/** Keeps a client's bearer token for its hooks. Returns its key; null if it sent none. */
function noteBearer(options: SignallingOptions, { headers }: FastifyRequest): string | null {
  const token = bearerOf(headers.authorization);
  if (token === null) return null;
  const key = randomBytes(BEARER_KEY_BYTES).toString('hex');
  options.noteBearer(key, token);
  return key;
}

async function ask(
  { options, request, dialect, ip }: Negotiation,
  route: Route,
  plan: CandidatePlan,
): Promise<ChildAnswer> {
  const target = { host: route.host, port: route.ports.api };
  const { pathname, query } = splitUrl(request.url);
  const isOurs = dialect.takesUfrag && !parseQuery(query).get('ice-ufrag');
  const ufrag = isOurs ? newUfrag(options, route.owner.id) : null;
  const bearerKey = noteBearer(options, request);
  const path = `${pathname}?${ownQuery({ eip: plan.eip, ufrag, bearerKey })}${query}`;
  const body = request.body as Buffer;
  const own = { ...headersFor(request, body), 'x-forwarded-for': ip };
  const headers = { ...own, ...hopHeader(route, ip, path) };
  const question = { method: 'POST', path, headers, body };
  const signal = AbortSignal.timeout(options.answerMs);
  const asking = askChild(target, question, { purpose: 'client', signal });
  const answer = await asking.catch((error: unknown) => {
    if (failureOf(error) === 'internal') throw error;
    const { id: child } = route.owner;
    const reason = messageOf(error);
    logFault(options.logger, 'webrtc: the child does not answer', { child, reason });
    throw new OfferRefusal(signal.aborted ? 504 : 503, 'the child does not answer', 'child');
  });
  if (answer === null) throw await refused(options, dialect.wanted);
  return answer;
}

/** Returns the likeliest reason if SRS has closed the connection without one. */
async function refused(
  { isPublished }: SignallingOptions,
  wanted: RtcRequest,
): Promise<OfferRefusal> {
  const stream = streamKey(wanted);
  return wanted.role === 'publish' && (await isPublished(stream))
    ? new OfferRefusal(409, `${stream} is being published already`, 'busy')
    : new OfferRefusal(
        403,
        `SRS refuses to ${wanted.role} ${stream}: a hook or its configuration`,
        'child',
      );
}

/** Plans the candidates; a client's own `eip` has priority, because it knows its path. */
function planFor({ way }: SignallingOptions, request: FastifyRequest, route: Route): CandidatePlan {
  const query = parseQuery(splitUrl(request.url).query);
  if (query.get('eip') || query.get('candidate')) return { eip: null, rewrite: (sdp) => sdp };
  const local = request.socket.localAddress ?? '';
  return planCandidates(way, route, { host: request.headers.host ?? '', local });
}

/** Returns the client's headers for the child, which learns the client's address only from us. */
export function headersFor(request: FastifyRequest, body: Buffer): IncomingHttpHeaders {
  const kept = Object.entries(request.headers).filter(([name]) => !OWN_HEADERS.test(name));
  return {
    ...Object.fromEntries(kept),
    'x-forwarded-for': request.clientAddress.ip,
    'content-length': String(body.length),
  };
}

/** Returns the path and query of a request's target, as the client wrote them. */
export function splitUrl(url: string): { readonly pathname: string; readonly query: string } {
  const at = url.indexOf('?');
  return at < 0
    ? { pathname: url, query: '' }
    : { pathname: url.slice(0, at), query: url.slice(at + 1) };
}

/** Returns a new ufrag; other boxes recognise it, because the client may reach any of them. */
function newUfrag({ box, secret }: SignallingOptions, child: string): string {
  const random = randomBytes(NONCE_SIZE / 2);
  const nonce =
    secret === null ? random.toString('hex') : sealedNonce({ box, child }, random, secret);
  return encodeUfrag({ box, child, nonce });
}
