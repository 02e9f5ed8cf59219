import type { OutgoingHttpHeaders } from 'node:http';
import type { Socket } from 'node:net';
import { Refusal } from '../activity.js';
import type { Context } from '../context.js';
import type { HookSubject } from '../hooks.js';
import { randomId } from '../ids.js';
import { SocketLink } from '../link.js';
import { Player } from '../media/player.js';
import { type PlayOptions, startPlaying } from '../playing.js';
import { peerAddress } from '../server-socket.js';
import type { StreamRequest } from '../stream-request.js';
import { clientAddress } from './client-address.js';
import { createFormat, type LiveFormat } from './formats.js';
import { commonHeaders, type Exchange } from './reply.js';
import { hostOf, requestVhost } from './vhost.js';

/** Sockets that play: a pipelined second request on one of them cannot be answered. */
const playing = new WeakSet<Socket>();

/** The stream of a request, and the mount that matched. */
export interface LiveRequest {
  readonly stream: StreamRequest;
  readonly mount: string;
}

/** Finds the stream of a path by its vhost's mount; null if the path is not a stream's. */
export function matchLive(context: Context, exchange: Exchange): LiveRequest | null {
  const { url, request } = exchange;
  const vhost = requestVhost(context, exchange);
  const mount = context.conf.vhosts.get(vhost)?.mount;
  if (mount === undefined || mount === null) return null;
  const { app, stream } = mountPattern(mount).exec(decoded(url.pathname))?.groups ?? {};
  if (app === undefined || stream === undefined) return null;
  const pageUrl = request.headers.referer ?? '';
  const tcUrl = `rtmp://${vhost}/${app}`;
  const names = { vhost, app, stream, param: url.search };
  return { stream: { ...names, tcUrl, pageUrl, swfUrl: '' }, mount };
}

/** Compiles `[vhost]/[app]/[stream].flv`; the vhost comes from the request, not from the path. */
function mountPattern(mount: string): RegExp {
  const path = mount.replace(/^\[vhost\]/, '').replace(/^(?!\/)/, '/');
  const literal = path.replace(/[.*+?^${}()|\\]/g, '\\$&');
  const pattern = literal
    .replace('[app]', '(?<app>[^/]+(?:/[^/]+)*)')
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
 * Plays a stream over HTTP. The response waits until the stream is published, because its FLV
 * header tells which media there are. HEAD is answered at once. A refused player is closed without
 * an answer.
 */
export async function playLive(
  context: Context,
  exchange: Exchange,
  { stream, mount }: LiveRequest,
): Promise<void> {
  const { request, response, url } = exchange;
  const { socket } = request;
  const format = createFormat(mount);
  const headers = { ...commonHeaders(request), 'Content-Type': format.contentType };
  if (request.method === 'HEAD') {
    response.writeHead(200, { ...headers, Connection: 'close' }).end();
    return;
  }
  if (playing.has(socket)) {
    socket.destroy();
    return;
  }
  playing.add(socket);
  const subject = { clientId: randomId(), ip: clientAddress(request), request: stream };
  context.log.info(subject.clientId, `HTTP ${subject.ip} GET ${request.url ?? ''}`);
  await play(context, subject, socket, {
    link: new SocketLink(socket),
    sink: livePlayer(exchange, format, headers),
    type: 'flv-play',
    shown: {
      stream: decoded(url.pathname.slice(url.pathname.lastIndexOf('/') + 1)),
      ip: peerAddress(socket),
      tcUrl: `http://${hostOf(exchange)}/${stream.app}`,
      pageUrl: '',
    },
  });
}

/** Makes a player whose body bypasses `response`, so that players share the same chunked bytes. */
function livePlayer(
  { request: { socket }, response }: Exchange,
  { head, encode }: LiveFormat,
  headers: OutgoingHttpHeaders,
): Player {
  let started = false;
  return new Player({
    socket,
    encode,
    begin: (has) => {
      started = true;
      response.writeHead(200, { ...headers, Connection: 'close', 'Transfer-Encoding': 'chunked' });
      response.flushHeaders();
      socket.write(head(has));
    },
    // A player without media keeps waiting for the next publisher.
    ended: () => started && socket.destroySoon(),
  });
}

async function play(
  context: Context,
  subject: HookSubject,
  socket: Socket,
  options: PlayOptions,
): Promise<void> {
  try {
    const activity = await startPlaying(context, subject, options);
    const end = (): void => void activity.end();
    if (socket.destroyed) end();
    else socket.once('close', end);
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    context.log.error(subject.clientId, `serve error: ${error.message}`);
    options.link.close();
  }
}
