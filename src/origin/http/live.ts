import type { Socket } from 'node:net';
import { resolveVhost } from '../../protocol/rtmp/stream-url.js';
import { Refusal } from '../activity.js';
import { type Context, vhostNames } from '../context.js';
import type { HookSubject } from '../hooks.js';
import { randomId } from '../ids.js';
import { SocketLink } from '../link.js';
import { httpChunk } from '../media/batch.js';
import { flvHeader } from '../media/flv.js';
import { Player } from '../media/player.js';
import { startPlaying } from '../playing.js';
import { peerAddress } from '../server-socket.js';
import type { StreamRequest } from '../stream-request.js';
import { commonHeaders, type Exchange } from './reply.js';

/** Sockets that play: a pipelined second request on one of them can never be answered. */
const playing = new WeakSet<Socket>();

const HEADERS = { 'Content-Type': 'video/x-flv' };

/** The stream that a path names by its vhost's mount; null where the path is none of a stream's. */
export function matchFlv(context: Context, exchange: Exchange): StreamRequest | null {
  const { url, request } = exchange;
  const host = (request.headers.host ?? '').replace(/:\d+$/, '');
  const query = url.searchParams;
  const asked = query.get('vhost') ?? query.get('domain') ?? host;
  const vhost = resolveVhost(asked, vhostNames(context));
  const mount = context.conf.vhosts.get(vhost)?.flvMount;
  const names = mount ? mountPattern(mount).exec(decoded(url.pathname))?.groups : undefined;
  const { app, stream } = names ?? {};
  if (app === undefined || stream === undefined) return null;
  const pageUrl = request.headers.referer ?? '';
  const tcUrl = `rtmp://${vhost}/${app}`;
  return { vhost, app, stream, param: url.search, tcUrl, pageUrl, swfUrl: '' };
}

/** `[vhost]/[app]/[stream].flv`, where the vhost comes from the request, not from the path. */
function mountPattern(mount: string): RegExp {
  const path = mount.replace(/^\[vhost\]/, '').replace(/^(?!\/)/, '/');
  const literal = path.replace(/[.*+?^${}()|\\]/g, '\\$&');
  const pattern = literal
    .replace('[app]', '(?<app>[^/]+)')
    .replace('[stream]', '(?<stream>[^/]+)')
    .replace('[vhost]', '[^/]+');
  return new RegExp(`^${pattern}$`);
}

function decoded(path: string): string {
  try {
    return decodeURIComponent(path);
  } catch {
    return path;
  }
}

/**
 * Plays a stream over HTTP. Nothing is answered until it is published: that is when the header can
 * say what is in it. HEAD is answered at once. A refused player is closed without an answer.
 */
export async function playFlv(
  context: Context,
  exchange: Exchange,
  stream: StreamRequest,
): Promise<void> {
  const { request, response } = exchange;
  const { socket } = request;
  const headers = { ...commonHeaders(request), ...HEADERS };
  if (request.method === 'HEAD') {
    response.writeHead(200, { ...headers, Connection: 'close' }).end();
    return;
  }
  if (playing.has(socket)) {
    socket.destroy();
    return;
  }
  playing.add(socket);
  const subject = { clientId: randomId(), ip: peerAddress(socket), request: stream };
  context.log.info(subject.clientId, `HTTP ${subject.ip} GET ${request.url ?? ''}`);
  const begin = (has: { audio: boolean; video: boolean }): void => {
    response.writeHead(200, { ...headers, Connection: 'close', 'Transfer-Encoding': 'chunked' });
    response.flushHeaders();
    // The body goes past `response`, so that all players share the same chunked bytes.
    socket.write(httpChunk([flvHeader(has)]));
  };
  await play(context, subject, { socket, begin });
}

async function play(
  context: Context,
  subject: HookSubject,
  { socket, begin }: { socket: Socket; begin: (has: { audio: boolean; video: boolean }) => void },
): Promise<void> {
  let started = false;
  const sink = new Player({
    socket,
    encode: (batch) => batch.encode('flv'),
    begin: (has: { audio: boolean; video: boolean }) => {
      started = true;
      begin(has);
    },
    // A player that still waits goes on waiting.
    ended: () => started && socket.destroySoon(),
  });
  const options = { link: new SocketLink(socket), sink, type: 'flv-play' };
  try {
    const activity = await startPlaying(context, subject, options);
    const end = (): void => void activity.end();
    if (socket.destroyed) end();
    else socket.once('close', end);
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    context.log.error(subject.clientId, `serve error: ${error.message}`);
    socket.destroy();
  }
}
