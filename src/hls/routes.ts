import type { FastifyReply, FastifyRequest } from 'fastify';
import { replyOptions } from '../files/reply.js';
import type { HttpPlugin } from '../listener/http/app.js';
import { parsePlaylistPath, parseSegmentPath } from '../protocol/hls/names.js';
import { corsHeaders } from '../protocol/http/cors.js';
import { hostName, parseTarget, type Target } from '../protocol/http/target.js';
import { queryVhost, resolveVhost } from '../protocol/rtmp/stream-url.js';
import type { Ask } from './ask-child.js';
import { PLAYLIST_TYPE, type PlaylistOptions, Playlists } from './playlists.js';
import { type SegmentOptions, Segments } from './segments.js';

export interface HlsOptions extends PlaylistOptions, SegmentOptions {
  /** All that the children have. */
  readonly vhosts: readonly string[];
  /** Answers for a playlist that is no stream's, such as a recording's; default: not found. */
  readonly otherwise?: Handler;
}

interface Named {
  readonly target: Target;
  readonly vhost: string;
  readonly namesVhost: boolean;
  readonly ask: Ask;
}

type Kind = 'playlist' | 'segment';
type Handler = (request: FastifyRequest, reply: FastifyReply) => unknown;

/** Playlists and segments, told by their paths from all else that is on the port. */
export function hlsRoutes(options: HlsOptions): HttpPlugin {
  const handlers = {
    playlist: playlistHandler(options, new Playlists(options)),
    segment: segmentHandler(options, new Segments(options)),
  };
  return async (app) => {
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
    for (const kind of ['playlist', 'segment'] as const) {
      const handler = handlers[kind];
      app.route({ method: ['GET', 'HEAD'], url: '/*', constraints: { hls: kind }, handler });
      const preflight = { method: 'OPTIONS', url: '/*', constraints: { hls: kind } } as const;
      app.route({ ...preflight, handler: replyOptions });
    }
  };
}

function kindOf(url: string): Kind | undefined {
  const path = parseTarget(url)?.path ?? '';
  if (parsePlaylistPath(path) !== null) return 'playlist';
  return parseSegmentPath(path) === null ? undefined : 'segment';
}

function playlistHandler({ vhosts, otherwise = notFound }: HlsOptions, playlists: Playlists) {
  return async (request: FastifyRequest, reply: FastifyReply) => {
    const { target, vhost, namesVhost, ask } = readNames(request, reply, vhosts);
    const name = parsePlaylistPath(target.path);
    if (name === null) return notFound(request, reply);
    const stream = { vhost, ...name };
    reply.headers({ 'Cache-Control': 'no-cache', ...corsHeaders(request.headers.origin) });
    if (request.method === 'HEAD' && (await playlists.exists(stream))) {
      return reply.type(PLAYLIST_TYPE).send();
    }
    const session = /(?:^|&)hls_ctx=([^&]+)/.exec(target.query)?.[1] ?? null;
    const answer = await playlists.answer({ ...ask, name: stream, session, namesVhost });
    if (answer === null) return otherwise(request, reply);
    const { status, contentType, location, text } = answer;
    if (location !== undefined) reply.header('Location', location);
    return reply.code(status).type(contentType).send(text);
  };
}

function segmentHandler({ vhosts }: HlsOptions, segments: Segments) {
  return async (request: FastifyRequest, reply: FastifyReply) => {
    const { target, vhost, ask } = readNames(request, reply, vhosts);
    const segment = parseSegmentPath(target.path);
    if (segment === null) return notFound(request, reply);
    return segments.reply({ ...ask, vhost, segment }, request, reply);
  };
}

/** A path that is none names nothing: its handlers then find nothing. */
function readNames(request: FastifyRequest, reply: FastifyReply, vhosts: readonly string[]): Named {
  const { url = '', rawHeaders } = request.raw;
  const target = parseTarget(url) ?? { authority: null, path: '', query: '' };
  const host = target.authority ?? request.headers.host ?? '';
  const asked = queryVhost(target.query);
  const left = new AbortController();
  reply.raw.once('close', () => left.abort());
  const { path, query } = target;
  const ask = {
    target: query === '' ? path : `${path}?${query}`,
    host,
    rawHeaders,
    ip: request.clientAddress.ip,
    signal: left.signal,
  };
  const vhost = resolveVhost(asked || hostName(host), vhosts);
  return { target, vhost, namesVhost: asked !== '', ask };
}

function notFound(_request: FastifyRequest, reply: FastifyReply): unknown {
  return reply.callNotFound();
}
