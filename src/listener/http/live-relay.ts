import type { IncomingMessage, OutgoingHttpHeaders } from 'node:http';
import { idHere } from '../../owner.js';
import { tokenOf } from '../../protocol/access-token.js';
import { corsHeaders } from '../../protocol/http/cors.js';
import type { LiveMatcher, LiveRequest } from '../../protocol/http/live.js';
import { parseTarget } from '../../protocol/http/target.js';
import { type StreamKey, streamKey } from '../../stream-key.js';
import type { Failure } from '../failure.js';
import type { Gate } from '../gate.js';
import type { HeldHooks, HeldRequest, HeldTraffic, HookClient } from '../held-hooks.js';
import type { HoldBudget } from '../hold-budget.js';
import { reachChild } from '../reach-child.js';
import type { Route, Router } from '../route.js';
import { failureOf, reasonForClient, SessionError } from '../session-error.js';
import type { SetupTurns } from '../setup-turns.js';
import { within } from '../within.js';
import { type ChildStreamOptions, ChildStreams, type LiveExchange } from './child-streams.js';
import { isNext } from './detach.js';
import type { FlvFanout } from './flv-fanout.js';
import { challenge, GATE_STATUS } from './gate-refusal.js';
import { knowsNoChunks } from './unchunked.js';

/** The child reports the bytes itself. */
const NO_BYTES: HeldTraffic = { sent: 0, received: 0 };

/** Settings of live streams on an HTTP port. */
export interface LiveOptions extends ChildStreamOptions {
  readonly match: LiveMatcher;
  /** Resolves with true once the stream is published, with false if the signal aborts. */
  readonly whenPublished: (stream: StreamKey, signal: AbortSignal) => Promise<boolean>;
  /** Reports whether a request names a file, sent if nobody publishes the stream; default: none. */
  readonly isFile?: (request: IncomingMessage) => Promise<boolean>;
  readonly route: Router;
  readonly gate: Gate;
  readonly turns?: SetupTurns | undefined;
  /** Most milliseconds that a player waits for its stream. */
  readonly waitMs: number;
  /** Counts waiting players. */
  readonly holds: HoldBudget;
  /** The user's hooks, asked when a player begins to wait. */
  readonly hooks: Pick<HeldHooks, 'open'>;
  /** Null: each player has a connection of its own to the child. */
  readonly fanout: FlvFanout | null;
  /** The `Server` header, as the children send it. */
  readonly server: string;
}

/** Result of a player's waiting: its HTTP status, or null if it can go to its child. */
interface Waited {
  readonly status: number | null;
  /** The client as hooks know it; null: they were not asked. */
  readonly hookClient: HookClient | null;
}

/** A player on its way to its child. */
interface Player {
  readonly live: LiveRequest;
  readonly exchange: LiveExchange;
  /** Null: hooks were not asked. */
  readonly hookClient: HookClient | null;
}

const GOES_ON: Waited = { status: null, hookClient: null };

/** Serves HTTP-FLV, TS, MP3 and AAC: holds players until there is a stream, and relays it raw. */
export class LiveRelay {
  readonly #options: LiveOptions;
  readonly #streams: ChildStreams;

  constructor(options: LiveOptions) {
    this.#options = options;
    this.#streams = new ChildStreams(options);
  }

  /** Returns the live stream of a request; null if it asks for something else. */
  find({ url = '', headers }: IncomingMessage): LiveRequest | null {
    const target = parseTarget(url);
    return target && this.#options.match(target, headers.host ?? '');
  }

  /** Answers a preflight, as SRS does for every path. */
  preflight(exchange: LiveExchange): void {
    this.#head(exchange, 200, { 'Content-Length': 0 });
    exchange.response.end();
  }

  /**
   * Serves a request. Resolves when the client has left, or got an answer that is no stream.
   * Rejects, after an answer, if the client could not be served. Leaves a file to `otherwise`.
   */
  async serve(live: LiveRequest, exchange: LiveExchange, otherwise: () => void): Promise<void> {
    const { method = '' } = exchange.request;
    if (!['GET', 'POST', 'HEAD'].includes(method)) {
      return this.#answer(exchange, 405, { Allow: 'GET, POST, HEAD, OPTIONS' });
    }
    try {
      if (await this.#isFile(live, exchange)) otherwise();
      else await this.#serve(live, exchange);
    } catch (error) {
      this.#fail(exchange, error);
      throw error;
    }
  }

  async #serve(live: LiveRequest, exchange: LiveExchange): Promise<void> {
    const { connection, client, request } = exchange;
    const { query = '' } = parseTarget(request.url ?? '') ?? {};
    const token = tokenOf(query, request.headers.authorization);
    const wish = { stream: streamKey(live.name), role: 'play', ip: client.ip, token } as const;
    await this.#options.gate.pass(connection, wish);
    const leave = this.#options.fanout?.enter(streamKey(live.name));
    try {
      await this.#serveWaited(live, exchange, await this.#wait(live, exchange));
    } finally {
      leave?.();
    }
  }

  async #serveWaited(live: LiveRequest, exchange: LiveExchange, waited: Waited): Promise<void> {
    const { status, hookClient } = await this.#ask(live, exchange, waited);
    try {
      if (status !== null) this.#answer(exchange, status);
      else if (exchange.request.method === 'HEAD') this.#describe(live, exchange);
      else if (await isNext(exchange.response)) await this.#relay(live, exchange, hookClient);
    } finally {
      hookClient?.leave(NO_BYTES);
    }
  }

  /** Has hooks asked about a player of fan-out: its child will not hear of it. */
  async #ask(live: LiveRequest, exchange: LiveExchange, waited: Waited): Promise<Waited> {
    const isAsked = waited.status !== null || waited.hookClient !== null;
    if (isAsked || !this.#options.fanout?.wants(live, exchange)) return waited;
    const hookClient = this.#openHooks(exchange);
    const isIn = await hookClient.play(requestOf(live, exchange.request));
    return { status: isIn ? null : 403, hookClient };
  }

  #openHooks({ connection, client }: LiveExchange): HookClient {
    const end = () => connection.end(new SessionError('left', 'it was kicked'));
    return this.#options.hooks.open({ type: 'flv-play', ip: client.ip, end });
  }

  async #isFile(live: LiveRequest, { request }: LiveExchange): Promise<boolean> {
    const { isFile } = this.#options;
    return isFile !== undefined && !(await this.#isThere(live)) && isFile(request);
  }

  async #isThere({ isEdge, name }: LiveRequest): Promise<boolean> {
    return isEdge || this.#options.whenPublished(streamKey(name), AbortSignal.abort());
  }

  #describe({ contentType }: LiveRequest, exchange: LiveExchange): void {
    const coding = knowsNoChunks(exchange.request) ? {} : { 'Transfer-Encoding': 'chunked' };
    this.#head(exchange, 200, { 'Content-Type': contentType, ...coding });
    exchange.response.end();
  }

  /**
   * Waits until the stream is published. A HEAD is answered at once, as is a client that has ended
   * its own side: whether it still listens shows only when something is written to it.
   */
  async #wait(live: LiveRequest, exchange: LiveExchange): Promise<Waited> {
    const { holds } = this.#options;
    const { request, connection } = exchange;
    if (await this.#isThere(live)) return GOES_ON;
    const isAnsweredNow = request.method === 'HEAD' || request.socket.readableEnded;
    if (isAnsweredNow) return { status: 404, hookClient: null };
    const limit = holds.take(connection.ip);
    if (limit !== null) {
      throw new SessionError(limit, `limits.${limit}: too many players wait for their streams`);
    }
    const hookClient = this.#openHooks(exchange);
    try {
      return { status: await this.#hold(live, exchange, hookClient), hookClient };
    } finally {
      connection.hasWaited();
      holds.giveBack(connection.ip);
    }
  }

  /** Resolves with null if the player can go to its child. The wait ends when the client leaves. */
  async #hold(
    live: LiveRequest,
    { request, connection }: LiveExchange,
    hookClient: HookClient,
  ): Promise<number | null> {
    const { whenPublished, waitMs } = this.#options;
    const { socket } = request;
    const hold = new AbortController();
    const end = () => hold.abort();
    connection.signal.addEventListener('abort', end);
    socket.once('end', end);
    let isRefused = false;
    const asking = hookClient.play(requestOf(live, request)).then((isIn) => {
      isRefused = !isIn;
      if (isRefused) end();
    });
    try {
      const publishing = whenPublished(streamKey(live.name), hold.signal);
      const isPublished = await within(waitMs, end, publishing);
      if (isPublished) await asking;
      if (isRefused) return 403;
      return isPublished ? null : 404;
    } finally {
      connection.signal.removeEventListener('abort', end);
      socket.off('end', end);
    }
  }

  async #relay(
    live: LiveRequest,
    exchange: LiveExchange,
    hookClient: HookClient | null,
  ): Promise<void> {
    const { connection } = exchange;
    const stream = streamKey(live.name);
    const { route, turns, logger } = this.#options;
    connection.named(stream, 'play');
    const attempt = {
      route: () => route(stream, 'play'),
      join: async (found: Route) => {
        if (await this.#fanOut(found, { live, exchange, hookClient })) return;
        await this.#streams.join(found, exchange, hookClient);
        hookClient?.served();
      },
      turns,
    };
    const found = await reachChild(connection, attempt, logger);
    await connection.relayed?.ended;
    found.release();
  }

  /** Serves a player of which hooks were asked by fan-out; false if it is to be relayed. */
  async #fanOut(route: Route, { live, exchange, hookClient }: Player): Promise<boolean> {
    const { fanout } = this.#options;
    if (hookClient === null || !fanout?.wants(live, exchange)) return false;
    const viewer = await fanout.join(route, live, exchange);
    if (viewer === null) return false;
    const { connection } = exchange;
    connection.servedBy(route.owner, viewer);
    const traffic = () => ({ sent: viewer.bytesOut, received: viewer.bytesIn });
    hookClient.carried({ child: idHere(route.owner), traffic });
    return true;
  }

  #fail(exchange: LiveExchange, error: unknown): void {
    const status = STATUS[failureOf(error)] ?? 502;
    this.#answer(exchange, status, challenge(status), reasonForClient(error));
  }

  #answer(
    exchange: LiveExchange,
    status: number,
    headers: OutgoingHttpHeaders = {},
    reason = TEXTS[status] ?? '',
  ): void {
    const { response } = exchange;
    if (response.destroyed || response.headersSent) return;
    const text = `${reason}\n`;
    const type = {
      'Content-Type': 'text/plain; charset=utf-8',
      'Content-Length': Buffer.byteLength(text),
    };
    this.#head(exchange, status, { ...type, ...headers });
    response.end(text);
  }

  #head({ request, response }: LiveExchange, status: number, headers: OutgoingHttpHeaders): void {
    const cors = corsHeaders(request.headers.origin);
    const { server } = this.#options;
    response.writeHead(status, { Connection: 'Close', ...cors, Server: server, ...headers });
  }
}

/** HTTP status by kind of failure; default: 502. */
const STATUS: Partial<Record<Failure, number>> = {
  ...GATE_STATUS,
  full: 503,
  heldPlayers: 503,
  heldPlayersPerIp: 503,
  'no-child': 503,
  registry: 503,
  internal: 500,
};

const TEXTS: Readonly<Record<number, string>> = {
  403: 'Forbidden: the hook server lets nobody play it',
  404: 'Not Found: nobody publishes this stream',
  405: 'Method Not Allowed',
};

/** Returns the request as SRS's hooks report it; this is SRS's tcUrl of HTTP players. */
function requestOf({ name }: LiveRequest, { url = '', headers }: IncomingMessage): HeldRequest {
  const { query = '' } = parseTarget(url) ?? {};
  const tcUrl = `rtmp://${name.vhost}/${name.app}`;
  return { name, tcUrl, param: query && `?${query}`, pageUrl: headers.referer ?? '' };
}
