import type { IncomingMessage, OutgoingHttpHeaders, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { messageOf } from '../../errors.js';
import type { Logger } from '../../logger.js';
import { buildChildHead } from '../../protocol/http/child-head.js';
import { corsHeaders } from '../../protocol/http/cors.js';
import type { LiveMatcher, LiveRequest } from '../../protocol/http/live.js';
import { parseTarget } from '../../protocol/http/target.js';
import type { RelayEngine } from '../../relay/relay.js';
import { type StreamKey, streamKey } from '../../stream-key.js';
import type { AliasBook } from '../aliases.js';
import type { ClientAddress } from '../client-address.js';
import type { Connection } from '../connections.js';
import { dialAsClient, targetOf } from '../dial-as-client.js';
import { reachChild } from '../reach-child.js';
import { readUntil } from '../read-until.js';
import type { Route, Router } from '../route.js';
import { SessionError } from '../session-error.js';
import { detach, isNext } from './detach.js';

/** A child answers when there is media, and when its hooks have let the player in. */
const CHILD_ANSWER_MS = 40_000;
/** SRS ends a player whose publisher falls silent long before. */
const IDLE_MS = 5 * 60 * 1000;
/** Players that wait for streams; each has a connection of its own besides. */
const MAX_HOLDS = 10_000;

/** What the HTTP port needs to relay live streams. */
export interface LiveOptions {
  readonly match: LiveMatcher;
  /** Resolves true once the stream is published (now, perhaps), false when the signal aborts. */
  readonly whenPublished: (stream: StreamKey, signal: AbortSignal) => Promise<boolean>;
  readonly route: Router;
  readonly engine: Pick<RelayEngine, 'join'>;
  readonly aliases: AliasBook;
  /** How long a player waits for its stream. */
  readonly waitMs: number;
  /** The `Server` that the children call themselves. */
  readonly server: string;
  /** How long a child may take to say the first byte; default: 40 s. */
  readonly childAnswerMs?: number;
  readonly logger: Logger;
}

/** One request for a live stream. */
export interface LiveExchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly connection: Connection;
  readonly client: ClientAddress;
}

/** Serves HTTP-FLV, TS, MP3 and AAC: holds players until there is a stream, then relays it raw. */
export class LiveRelay {
  readonly #options: LiveOptions;
  #holds = 0;

  constructor(options: LiveOptions) {
    this.#options = options;
  }

  /** The live stream that a request asks for; null: it asks for something else. */
  find({ url = '', headers }: IncomingMessage): LiveRequest | null {
    const target = parseTarget(url);
    return target && this.#options.match(target, headers.host ?? '');
  }

  /** A preflight, which SRS answers for every path. */
  preflight(exchange: LiveExchange): void {
    this.#head(exchange, 200, { 'Content-Length': 0 });
    exchange.response.end();
  }

  /**
   * Resolves when the client is served and gone, or has had an answer that is no stream. Rejects
   * with SessionError, and an answer given, where a child should have served and did not.
   */
  async serve(live: LiveRequest, exchange: LiveExchange): Promise<void> {
    const { request, response } = exchange;
    const { method = '' } = request;
    if (!['GET', 'POST', 'HEAD'].includes(method)) {
      return this.#answer(exchange, 405, { Allow: 'GET, POST, HEAD, OPTIONS' });
    }
    if (this.#holds >= MAX_HOLDS) return this.#answer(exchange, 503, { 'Retry-After': '1' });
    const stream = streamKey(live.name);
    if (!live.isEdge && !(await this.#isPublished(stream, exchange))) {
      return this.#answer(exchange, 404);
    }
    if (method === 'HEAD') {
      this.#head(exchange, 200, {
        'Content-Type': live.contentType,
        'Transfer-Encoding': 'chunked',
      });
      response.end();
    } else if (await isNext(response)) await this.#relay(stream, exchange);
  }

  /**
   * A HEAD is answered at once; a hold ends when its client leaves. One that has only ended its own
   * side cannot be told from that before something is written to it, so it is answered then.
   */
  async #isPublished(stream: StreamKey, { request, connection }: LiveExchange): Promise<boolean> {
    const { whenPublished, waitMs } = this.#options;
    const { method, socket } = request;
    if (method === 'HEAD' || socket.readableEnded)
      return whenPublished(stream, AbortSignal.abort());
    const hold = new AbortController();
    const end = () => hold.abort();
    const timer = setTimeout(end, waitMs);
    connection.signal.addEventListener('abort', end);
    socket.once('end', end);
    this.#holds += 1;
    try {
      return await whenPublished(stream, hold.signal);
    } finally {
      this.#holds -= 1;
      clearTimeout(timer);
      connection.signal.removeEventListener('abort', end);
      socket.off('end', end);
    }
  }

  async #relay(stream: StreamKey, exchange: LiveExchange): Promise<void> {
    const { connection } = exchange;
    const { route, logger } = this.#options;
    connection.role = 'play';
    connection.stream = stream;
    const attempt = {
      route: () => route(stream, 'play'),
      join: (found: Route) => this.#join(found, exchange),
    };
    try {
      const found = await reachChild(connection, attempt, logger);
      await connection.relayed?.ended;
      found.release();
    } catch (error) {
      this.#fail(exchange, error);
      throw error;
    }
  }

  #fail(exchange: LiveExchange, error: unknown): void {
    const noChild = error instanceof SessionError && error.failure === 'no-child';
    if (noChild) this.#answer(exchange, 503, { 'Retry-After': '1' }, messageOf(error));
    else this.#answer(exchange, 502, {}, messageOf(error));
  }

  async #join(route: Route, exchange: LiveExchange): Promise<void> {
    const { connection, request, response, client: from } = exchange;
    const child = await dialAsClient(connection, targetOf(route, 'http'), this.#options);
    child.on('error', () => {}).write(childHead(request, from.ip));
    try {
      const toClient = await this.#firstBytes(child, connection.signal);
      const client = detach(response);
      if (client === null) throw new SessionError('left', 'the client has left');
      connection.owner = route.owner;
      const pair = { client, child, toClient, oneWay: true, idleMs: IDLE_MS };
      connection.relayed = this.#options.engine.join(pair);
    } catch (error) {
      child.destroy();
      throw error;
    }
  }

  /** Rejects where the child closes without a word, or says none in time. */
  async #firstBytes(child: Socket, signal: AbortSignal): Promise<Buffer> {
    const ending = new AbortController();
    const end = () => ending.abort(signal.reason);
    const late = () => ending.abort(new Error('it sends nothing, as does perhaps its publisher'));
    const timer = setTimeout(late, this.#options.childAnswerMs ?? CHILD_ANSWER_MS);
    signal.addEventListener('abort', end);
    try {
      return await readUntil(child, (bytes) => bytes, ending.signal);
    } finally {
      clearTimeout(timer);
      signal.removeEventListener('abort', end);
    }
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

const TEXTS: Readonly<Record<number, string>> = {
  404: 'Not Found: nobody publishes this stream',
  405: 'Method Not Allowed',
  503: 'Service Unavailable: too many players wait for their streams',
};

function childHead({ url = '', headers, rawHeaders }: IncomingMessage, ip: string): Buffer {
  const { authority = null, path = '/', query = '' } = parseTarget(url) ?? {};
  const target = query === '' ? path : `${path}?${query}`;
  return buildChildHead({ target, host: authority ?? headers.host ?? '', rawHeaders }, ip);
}
