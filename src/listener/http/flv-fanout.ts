import { corsHeaders } from '../../protocol/http/cors.js';
import type { LiveRequest } from '../../protocol/http/live.js';
import { parseTarget } from '../../protocol/http/target.js';
import type { Viewer } from '../../relay/fanout.js';
import { type StreamKey, streamKey } from '../../stream-key.js';
import type { Route } from '../route.js';
import { SessionError } from '../session-error.js';
import type { StreamFanout } from '../stream-fanout.js';
import type { StreamFeeds } from '../stream-feeds.js';
import { ViewerCounts } from '../viewer-counts.js';
import type { LiveExchange } from './child-streams.js';
import { detach } from './detach.js';
import { dialFeed } from './dial-feed.js';
import { knowsNoChunks } from './unchunked.js';

export interface FlvFanoutOptions {
  readonly fanout: StreamFanout;
  /** The `Server` header, as the children send it. */
  readonly server: string;
}

const FLV = 'video/x-flv';

/** Serves the HTTP-FLV viewers of a stream from one connection to its child for each thread. */
export class FlvFanout {
  readonly #options: FlvFanoutOptions;
  readonly #viewers = new ViewerCounts();

  constructor(options: FlvFanoutOptions) {
    this.#options = options;
  }

  /** Counts a viewer. Returns the function that ends the count. */
  enter(stream: StreamKey): () => void {
    this.#viewers.add(stream, 1);
    return () => this.#viewers.add(stream, -1);
  }

  /** Reports whether a viewer, which has entered, is to be served by fan-out. */
  wants({ name, contentType, isEdge }: LiveRequest, { request }: LiveExchange): boolean {
    if (contentType !== FLV || isEdge || request.method === 'HEAD') return false;
    if (knowsNoChunks(request)) return false;
    const stream = streamKey(name);
    return this.#options.fanout.wants(stream, this.#viewers.of(stream));
  }

  /**
   * Serves a viewer from a feed of the route's child. Resolves with null, with nothing sent, if
   * there is no feed to be had: then it is relayed. Rejects with SessionError if the client has
   * left.
   */
  async join(route: Route, live: LiveRequest, exchange: LiveExchange): Promise<Viewer | null> {
    const feeds = this.#feedsOf(route, live, exchange);
    if (!(await feeds.ready())) return null;
    const toClient = this.#head(exchange);
    exchange.connection.signal.throwIfAborted();
    const client = detach(exchange.response);
    if (client === null) throw new SessionError('left', 'the client has left');
    const viewer = feeds.join(client, { toClient });
    if (viewer === null) {
      client.destroy();
      throw new SessionError('full', 'no descriptor for the client');
    }
    route.shares?.();
    return viewer;
  }

  #feedsOf(route: Route, { name }: LiveRequest, { request }: LiveExchange): StreamFeeds {
    const { owner } = route;
    const target = { vhost: name.vhost, path: parseTarget(request.url ?? '')?.path ?? '/' };
    const dial = (signal: AbortSignal) => dialFeed(route, target, signal);
    return this.#options.fanout.feedsOf({ stream: streamKey(name), owner, form: 'flv', dial });
  }

  /** Returns the head of the response, as SRS sends it. */
  #head({ request }: LiveExchange): Buffer {
    const headers = {
      ...corsHeaders(request.headers.origin),
      Connection: 'Close',
      'Content-Type': FLV,
      Server: this.#options.server,
      'Transfer-Encoding': 'chunked',
    };
    const lines = Object.entries(headers).map(([name, text]) => `${name}: ${text}`);
    return Buffer.from(`HTTP/1.1 200 OK\r\n${lines.join('\r\n')}\r\n\r\n`, 'latin1');
  }
}
