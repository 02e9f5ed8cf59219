/**
 * The room `hls/`: playlists by way of the owner, segments from disk, and their sweeping.
 * May import: access, child-access, collections, config, files, listener, logging, protocol,
 * system.
 */

import type { IncomingMessage } from 'node:http';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Proof } from '../access/tokens.js';
import type { Exchange } from '../files/immutable.js';
import { replyOptions } from '../files/reply.js';
import type { HttpPlugin } from '../listener/http/app.js';
import type { Logger } from '../logging/logger.js';
import { tokenOf } from '../protocol/access-token.js';
import {
  joinSlashes,
  parseForeignSegment,
  parsePlaylistPath,
  parseSegmentPath,
} from '../protocol/hls/names.js';
import { sessionMaster } from '../protocol/hls/playlist.js';
import { corsHeaders } from '../protocol/http/cors.js';
import { hostName, parseTarget, type RequestTarget } from '../protocol/http/target.js';
import { queryVhost } from '../protocol/rtmp/stream-url.js';
import { resolveVhost, type StreamKey, streamKey } from '../stream-key.js';
import { type Ask, addressOf } from './ask-child.js';
import { type EarlyOptions, EarlyViewers, NOT_YET } from './early.js';
import { streamOfSegment } from './far-segments.js';
import { type GuardOptions, HlsGuard, type ViewerRequest } from './guard.js';
import {
  PLAYLIST_TYPE,
  type PlaylistAnswer,
  type PlaylistAsk,
  type PlaylistOptions,
  Playlists,
} from './playlists.js';
import { type SegmentOptions, Segments, segmentOf } from './segments.js';
import { Viewers } from './viewers.js';

export interface HlsOptions extends PlaylistOptions, SegmentOptions {
  /** Returns the vhosts of the children; any other name is the default one. */
  readonly vhosts: () => readonly string[];
  /** The gate, which each request passes. */
  readonly gate: GuardOptions['gate'];
  /** Handler for playlists of no stream, such as a recording's; default: not found. */
  readonly otherwise?: Handler;
  /** Reports whether a request names a file, sent if the stream has no owner; default: none. */
  readonly isFile?: (request: IncomingMessage) => Promise<boolean>;
  /** Holds viewers that come before a stream's first playlist; default: 404, as by SRS. */
  readonly early?: EarlyOptions;
  /** Sessions that get playlists; default: new ones. */
  readonly viewers?: Viewers;
  readonly logger: Logger;
}

/** A parsed request. */
interface Named {
  readonly target: RequestTarget;
  readonly host: string;
  readonly vhost: string;
  /** The vhost comes from the query. */
  readonly namesVhost: boolean;
}

/** `foreign`: a segment of an origin that we did not start. */
type Kind = 'playlist' | 'segment' | 'foreign';
/** The viewers, and what lets them in. */
interface Watched {
  readonly viewers: Viewers;
  readonly guard: HlsGuard;
}
type Handler = (request: FastifyRequest, reply: FastifyReply) => unknown;

/** Routes for playlists and segments, recognised by their paths. */
export function hlsRoutes(options: HlsOptions): HttpPlugin {
  const { viewers = new Viewers(options) } = options;
  const watched = { viewers, guard: new HlsGuard(options) };
  const handlers = {
    playlist: playlistHandler(options, watched),
    segment: segmentHandler(options, watched),
    foreign: foreignHandler(options, watched),
  };
  return async (app) => {
    app.addHook('onClose', async () => viewers.close());
    app.addConstraintStrategy({
      name: 'hls',
      storage: () => {
        const stored = new Map();
        return {
          get: (kind) => stored.get(kind) ?? null,
          set: (kind, one) => stored.set(kind, one),
        };
      },
      validate: () => {},
      deriveConstraint: ({ url = '' }) => kindOf(url),
    });
    for (const kind of ['playlist', 'segment', 'foreign'] as const) {
      const handler = handlers[kind];
      app.route({ method: ['GET', 'HEAD'], url: '/*', constraints: { hls: kind }, handler });
      const preflight = { method: 'OPTIONS', url: '/*', constraints: { hls: kind } } as const;
      app.route({ ...preflight, handler: replyOptions });
    }
  };
}

/** Classifies a request. Runs for every request on the port, so the suffix is checked first. */
function kindOf(url: string): Kind | undefined {
  const path = joinSlashes(pathOf(url));
  if (path.endsWith('.m3u8')) return parsePlaylistPath(path) === null ? undefined : 'playlist';
  if (parseSegmentPath(path) !== null) return 'segment';
  return parseForeignSegment(path) === null ? undefined : 'foreign';
}

function pathOf(url: string): string {
  const end = url.indexOf('?');
  return end < 0 ? url : url.slice(0, end);
}

/** Seconds after which a viewer that came too early may come again. */
const RETRY_SECONDS = '2';
/** Signs of SRS's `hls_ctx`. */
const SESSION_LENGTH = 8;

function playlistHandler(options: HlsOptions, watched: Watched) {
  const { vhosts, gate, otherwise = notFound } = options;
  const playlists = new Playlists(options);
  const answerTo = answerer(options, playlists);
  return async (request: FastifyRequest, reply: FastifyReply) => {
    const named = readNames(request, vhosts());
    const name = parsePlaylistPath(named.target.path);
    if (name === null) return notFound(request, reply);
    const stream = { vhost: named.vhost, ...name };
    const isPrivate = gate.guardOf(streamKey(stream)) === 'rules';
    const cached = isPrivate ? 'private, no-cache' : 'no-cache';
    reply.headers({ 'Cache-Control': cached, ...corsHeaders(request.headers.origin) });
    const session = sessionIn(named);
    const { namesVhost } = named;
    const proof = await watched.guard.pass({
      ...viewerOf(named, streamKey(stream), request),
      isNew: session === null || !watched.viewers.has(session),
    });
    const ask = { ...toAsk(named, request, reply), name: stream, session, namesVhost };
    const isHead = request.method === 'HEAD';
    const answer = await (isHead ? headAnswer(ask, playlists) : answerTo(ask, request));
    if (answer === null) return otherwise(request, reply);
    if (!isHead) follow(watched, { ask, answer, proof }, { request, reply });
    return sendAnswer(reply, answer);
  };
}

/** A playlist request, and what came of it. */
interface Followed {
  readonly ask: PlaylistAsk;
  readonly answer: PlaylistAnswer;
  readonly proof: Proof | null;
}

/** Notes that a session begins, or gets a playlist. */
function follow(
  { viewers, guard }: Watched,
  { ask: { name, session, ip: client }, answer, proof }: Followed,
  exchange: Exchange,
): void {
  const { status, text, child = null, box = null } = answer;
  if (status !== 200) return;
  const stream = streamKey(name);
  guard.served(session ?? sessionOf(text), stream, proof);
  if (session === null) return;
  viewers.seen({ session, client, stream, child, box });
  viewers.count(session, exchange);
}

/** Returns SRS's session of a viewer; null: it has none yet. */
function sessionIn({ target }: Named): string | null {
  return /(?:^|&)hls_ctx=([^&]+)/.exec(target.query)?.[1] ?? null;
}

/** Returns the session that a master playlist begins. */
function sessionOf(text: string): string | null {
  return /[?&]hls_ctx=([^&\s"]+)/.exec(text)?.[1] ?? null;
}

/** Returns a request as the gate sees it. */
function viewerOf(named: Named, stream: StreamKey, request: FastifyRequest): ViewerRequest {
  const { query } = named.target;
  const token = tokenOf(query, request.headers.authorization);
  return { stream, ip: request.clientAddress.ip, session: sessionIn(named), token, isNew: false };
}

/** Answers a HEAD as a GET, but for the id of the session, which it does not begin. */
async function headAnswer(ask: PlaylistAsk, playlists: Playlists): Promise<PlaylistAnswer | null> {
  if (ask.session !== null) return playlists.answer(ask);
  if (!(await playlists.exists(ask.name))) return null;
  const text = sessionMaster(ask.target, 'x'.repeat(SESSION_LENGTH));
  return { status: 200, contentType: PLAYLIST_TYPE, location: undefined, text };
}

function sendAnswer(reply: FastifyReply, answer: PlaylistAnswer): FastifyReply {
  const { status, contentType, location, text } = answer;
  if (answer === NOT_YET) reply.header('Retry-After', RETRY_SECONDS);
  if (location !== undefined) reply.header('Location', location);
  return reply.code(status).type(contentType).send(text);
}

/** Answers by the owner; a viewer that comes too early waits first. */
function answerer({ early, isFile = async () => false }: HlsOptions, playlists: Playlists) {
  if (early === undefined) return (ask: PlaylistAsk) => playlists.answer(ask);
  const viewers = new EarlyViewers(early, playlists);
  return async (ask: PlaylistAsk, { raw }: FastifyRequest): Promise<PlaylistAnswer | null> => {
    const answer = await playlists.answer(ask);
    const isMissing = answer === null || answer.status === 404;
    if (!isMissing || ask.session !== null) return answer;
    return answer === null && (await isFile(raw)) ? null : viewers.answer(ask, answer);
  };
}

function segmentHandler(options: HlsOptions, { viewers, guard }: Watched) {
  const { vhosts, gate } = options;
  const segments = new Segments(options);
  return (request: FastifyRequest, reply: FastifyReply) => {
    const named = readNames(request, vhosts());
    const segment = parseSegmentPath(named.target.path);
    if (segment === null) return notFound(request, reply);
    const stream = streamOfSegment(named.vhost, segment);
    const kind = stream === null ? 'none' : gate.guardOf(stream);
    const send = () => {
      const session = sessionIn(named);
      if (session !== null) viewers.countMedia(session, { request, reply });
      const ask = () => toAsk(named, request, reply);
      const exchange = { request, reply, isPrivate: kind === 'rules' };
      return segments.reply({ vhost: named.vhost, segment, ask }, exchange);
    };
    // Most requests need no promise.
    if (stream === null || kind === 'none') return send();
    return guard.pass(viewerOf(named, stream, request)).then(send);
  };
}

/** Serves an origin's segment. The path may also be that of a file, hence `otherwise`. */
function foreignHandler(options: HlsOptions, { viewers, guard }: Watched) {
  const { vhosts, find, gate, otherwise = notFound } = options;
  return async (request: FastifyRequest, reply: FastifyReply) => {
    const named = readNames(request, vhosts());
    const name = request.method === 'GET' ? parseForeignSegment(named.target.path) : null;
    const stream = name && streamKey({ vhost: named.vhost, ...name });
    const route = stream && (await find(stream));
    if (!route || !(route.isForeign || route.via)) {
      route?.release();
      return otherwise(request, reply);
    }
    reply.raw.once('close', () => route.release());
    await guard.pass(viewerOf(named, stream, request));
    const session = sessionIn(named);
    if (session !== null) viewers.countMedia(session, { request, reply });
    const ask = toAsk(named, request, reply);
    const isPrivate = gate.guardOf(stream) === 'rules';
    const answer = segmentOf(addressOf(route), ask, { request, reply, isPrivate });
    return answer.catch(() => reply.code(502).send('Bad Gateway\n'));
  };
}

/** Parses the request; a malformed target gives an empty path, which no handler finds. */
function readNames({ raw, headers }: FastifyRequest, vhosts: readonly string[]): Named {
  const asSent = parseTarget(raw.url ?? '') ?? { authority: null, path: '', query: '' };
  const target = { ...asSent, path: joinSlashes(asSent.path) };
  const host = target.authority ?? headers.host ?? '';
  const asked = target.query === '' ? '' : queryVhost(target.query);
  const vhost = resolveVhost(asked || hostName(host), vhosts);
  return { target, host, vhost, namesVhost: asked !== '' };
}

function toAsk({ target, host }: Named, request: FastifyRequest, reply: FastifyReply): Ask {
  const left = new AbortController();
  reply.raw.once('close', () => {
    if (!reply.raw.writableFinished) left.abort(LEFT);
  });
  const { path, query } = target;
  return {
    target: query === '' ? path : `${path}?${query}`,
    host,
    rawHeaders: request.raw.rawHeaders,
    ip: request.clientAddress.ip,
    signal: left.signal,
  };
}

/** One shared error: creating one per request would cost more than the rest. */
const LEFT = new Error('the client has left');

function notFound(_request: FastifyRequest, reply: FastifyReply): unknown {
  return reply.callNotFound();
}
