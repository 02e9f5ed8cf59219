import { messageOf } from '../../errors.js';
import { parseQuery } from '../../protocol/query.js';
import type { Parsed } from '../../protocol/result.js';
import {
  parseStreamurl,
  parseWhipRequest,
  type RtcRequest,
} from '../../protocol/webrtc/request.js';
import { offerFault } from '../../protocol/webrtc/sdp.js';
import type { Role } from '../../stream-key.js';
import { type RtcConf, rtcEndpoint } from '../conf/conf.js';
import { type Context, vhostNames } from '../context.js';
import { clientAddress } from '../http/client-address.js';
import { commonHeaders, type Exchange, replyJson, replyOptions, replyText } from '../http/reply.js';
import { randomId } from '../ids.js';
import type { Service } from '../service.js';
import { candidateFor, readBody } from './exchange.js';
import { Hub } from './hub.js';
import type { WebRtcSession } from './session.js';
import { UdpMux } from './udp-mux.js';

const ENDPOINT = /^\/rtc\/v1\/(whip|whep|whip-play|publish|play)(\/?)$/;
const PLAYS = new Set(['whep', 'whip-play', 'play']);
const CHECK_MS = 5000;
/** The older API's code for every refused request. */
const BAD_REQUEST = 400;

interface Opened {
  readonly session: WebRtcSession;
  readonly wanted: RtcRequest;
  readonly answer: string;
}

/** SRS's WebRTC API and its UDP port: WHIP, WHEP, and the older JSON API. */
export class WebRtcService implements Service {
  readonly #context: Context;
  readonly #conf: RtcConf;
  readonly #hub = new Hub();
  readonly #mux: UdpMux;
  readonly #sessions = new Set<WebRtcSession>();
  #timer: NodeJS.Timeout | undefined;

  constructor(context: Context, conf: RtcConf) {
    this.#context = context;
    this.#conf = conf;
    this.#mux = new UdpMux(conf);
  }

  async start(): Promise<void> {
    await this.#mux.open();
    this.#context.log.info('main', `rtc listen at ${rtcEndpoint(this.#conf)}`);
    this.#timer = setInterval(() => this.#endSilent(), CHECK_MS).unref();
  }

  async close(): Promise<void> {
    clearInterval(this.#timer);
    for (const session of this.#sessions) session.close();
    await this.#mux.close();
  }

  async api(exchange: Exchange): Promise<boolean> {
    const { url, request } = exchange;
    const [, name = '', slash] = ENDPOINT.exec(url.pathname) ?? [];
    if (name === '') return false;
    const location = `${url.pathname}/${url.search}`;
    if (slash === '') replyText(exchange, 302, `Redirect to ${location}`, { Location: location });
    else if (request.method === 'OPTIONS') replyOptions(exchange);
    else await this.#serve(exchange, name).catch((error) => this.#refuse(exchange, error));
    return true;
  }

  #serve(exchange: Exchange, name: string): Promise<void> {
    const role: Role = PLAYS.has(name) ? 'play' : 'publish';
    if (name === 'publish' || name === 'play') return this.#older(exchange, role);
    if (exchange.request.method === 'DELETE') return this.#delete(exchange);
    return this.#whip(exchange, role);
  }

  /** Closes a refused request's connection; SRS sends no answer. */
  #refuse({ request, url }: Exchange, error: unknown): void {
    this.#context.log.warn('main', `RTC ${url.pathname} refused: ${messageOf(error)}`);
    request.socket.destroy();
  }

  async #whip(exchange: Exchange, role: Role): Promise<void> {
    const { request, url } = exchange;
    const host = request.headers.host ?? '';
    const target = { query: parseQuery(url.search), host, vhosts: vhostNames(this.#context) };
    const wanted = need(parseWhipRequest(target, role));
    const sdp = await readBody(request);
    const { session, answer } = await this.#open(exchange, wanted, sdp);
    const { app, stream } = wanted;
    const query = `token=${session.token}&app=${app}&stream=${stream}&session=${session.username}`;
    const Location = `/rtc/v1/whip/?action=delete&${query}`;
    replyText(exchange, 201, answer, { 'Content-Type': 'application/sdp', Location });
  }

  async #older(exchange: Exchange, role: Role): Promise<void> {
    try {
      const { sdp, streamurl } = JSON.parse(await readBody(exchange.request));
      const vhosts = vhostNames(this.#context);
      const wanted = need(parseStreamurl(String(streamurl), { vhosts }, role));
      const { session, answer } = await this.#open(exchange, wanted, String(sdp));
      const { server, service, pid } = this.#context.identity;
      const ids = { code: 0, server, service, pid: String(pid) };
      replyJson(exchange, { ...ids, sdp: answer, sessionid: session.username });
    } catch (error) {
      this.#context.log.warn('main', `RTC error ${messageOf(error)}`);
      replyJson(exchange, { code: BAD_REQUEST });
    }
  }

  async #delete(exchange: Exchange): Promise<void> {
    const query = parseQuery(exchange.url.search);
    const token = query.get('token');
    if (!token) throw new Error('token empty');
    const session = [...this.#sessions].find(({ username }) => username === query.get('session'));
    if (session && session.token !== token) throw new Error('token not match');
    session?.close();
    const { request, response } = exchange;
    response.writeHead(200, { ...commonHeaders(request), 'Content-Length': 0 }).end();
  }

  async #open(exchange: Exchange, wanted: RtcRequest, sdp: string): Promise<Opened> {
    const fault = offerFault(sdp, wanted.role);
    if (fault !== null) throw new Error(fault.reason);
    // Loaded on demand: the library is large, and most origins never need it.
    const { WebRtcSession } = await import('./session.js');
    const { request, url } = exchange;
    const query = parseQuery(url.search);
    const tcUrl = `rtmp://${wanted.vhost}/${wanted.app}`;
    const pageUrl = request.headers.referer ?? '';
    const asked = { ...wanted, param: url.search, tcUrl, pageUrl, swfUrl: '' };
    const parts = { context: this.#context, hub: this.#hub, mux: this.#mux };
    const session = new WebRtcSession(parts, {
      subject: { clientId: randomId(), ip: clientAddress(request), request: asked },
      role: wanted.role,
      sdp,
      ufrag: query.get('ice-ufrag') || null,
      password: query.get('ice-pwd') || null,
      candidate: candidateFor(query, this.#conf),
    });
    session.onClosed = () => this.#sessions.delete(session);
    const answer = await session.open();
    this.#sessions.add(session);
    return { session, wanted, answer };
  }

  #endSilent(): void {
    for (const session of this.#sessions) if (session.isSilent) session.close();
  }
}

function need(parsed: Parsed<RtcRequest>): RtcRequest {
  if (parsed.kind === 'value') return parsed.value;
  throw new Error(parsed.kind === 'invalid' ? parsed.reason : 'incomplete');
}
