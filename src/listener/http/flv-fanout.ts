import { TLSSocket } from 'node:tls';
import type { OwnerRef } from '../../owner.js';
import { corsHeaders } from '../../protocol/http/cors.js';
import type { LiveRequest } from '../../protocol/http/live.js';
import { parseTarget } from '../../protocol/http/target.js';
import type { FanoutThreads, RingBounds, Viewer } from '../../relay/fanout.js';
import { type StreamKey, streamKey } from '../../stream-key.js';
import type { Route } from '../route.js';
import { SessionError } from '../session-error.js';
import type { LiveExchange } from './child-streams.js';
import { detach } from './detach.js';
import { type FanoutRow, StreamFeeds } from './stream-feeds.js';
import { knowsNoChunks } from './unchunked.js';

export interface FanoutRules {
  readonly isOn: boolean;
  /** The viewer of a stream, counted from 1, from which on they share a connection. */
  readonly from: number;
  readonly ring: RingBounds;
  /** Bytes of all rings from which on no further one is made. */
  readonly memory: number;
}

export interface FlvFanoutOptions {
  readonly threads: FanoutThreads;
  /** Returns the present rules. */
  readonly rules: () => FanoutRules;
  /** Reports whether fan-out serves a vhost's players as a child would. */
  readonly fits: (vhost: string) => boolean;
  /** The `Server` header, as the children send it. */
  readonly server: string;
}

const FLV = 'video/x-flv';
/** Bytes of memory that a new ring is reckoned at. */
const NEW_RING = 2 * 1024 * 1024;

/** Serves the HTTP-FLV viewers of a stream from one connection to its child for each thread. */
export class FlvFanout {
  readonly #options: FlvFanoutOptions;
  readonly #feeds = new Map<string, { readonly stream: StreamKey; readonly feeds: StreamFeeds }>();
  /** Viewers on their way and under way, by stream, however they are served. */
  readonly #viewers = new Map<StreamKey, number>();
  /** How often viewers fell behind that have left. */
  #pastSkipped = 0;

  constructor(options: FlvFanoutOptions) {
    this.#options = options;
  }

  /** Counts a viewer. Returns the function that ends the count. */
  enter(stream: StreamKey): () => void {
    const add = (count: number) => {
      const viewers = (this.#viewers.get(stream) ?? 0) + count;
      if (viewers === 0) this.#viewers.delete(stream);
      else this.#viewers.set(stream, viewers);
    };
    add(1);
    return () => add(-1);
  }

  /** Reports whether a viewer, which has entered, is to be served by fan-out. */
  wants({ name, contentType, isEdge }: LiveRequest, { request }: LiveExchange): boolean {
    const { rules, fits } = this.#options;
    const { isOn, from } = rules();
    if (!isOn || contentType !== FLV || isEdge || request.method === 'HEAD') return false;
    if (knowsNoChunks(request) || request.socket instanceof TLSSocket) return false;
    return (this.#viewers.get(streamKey(name)) ?? 0) >= from && fits(name.vhost);
  }

  /**
   * Serves a viewer from a feed of the route's child. Resolves with null, with nothing sent, if
   * there is no feed to be had: then it is relayed. Rejects with SessionError if the client has
   * left.
   */
  async join(route: Route, live: LiveRequest, exchange: LiveExchange): Promise<Viewer | null> {
    if (route.via !== undefined || route.isForeign || route.shares === undefined) return null;
    const feeds = this.#feedsOf(route, live, exchange);
    if (!(await feeds.ready())) return null;
    const head = this.#head(exchange);
    exchange.connection.signal.throwIfAborted();
    const client = detach(exchange.response);
    if (client === null) throw new SessionError('left', 'the client has left');
    const viewer = feeds.join(client, head);
    if (viewer === null) {
      client.destroy();
      throw new SessionError('full', 'no descriptor for the client');
    }
    route.shares();
    return viewer;
  }

  /** Returns figures by stream. */
  rows(): Map<StreamKey, FanoutRow> {
    const rows = new Map<StreamKey, FanoutRow>();
    for (const { stream, feeds } of this.#feeds.values()) rows.set(stream, feeds.row());
    return rows;
  }

  /** Returns the figures of all streams; `skipped` also has viewers that have left. */
  totals(): FanoutRow {
    const sum = { viewers: 0, feeds: 0, skipped: this.#pastSkipped, ringBytes: 0 };
    for (const row of this.rows().values()) {
      sum.viewers += row.viewers;
      sum.feeds += row.feeds;
      sum.skipped += row.skipped;
      sum.ringBytes += row.ringBytes;
    }
    return sum;
  }

  #feedsOf(route: Route, { name }: LiveRequest, { request }: LiveExchange): StreamFeeds {
    const { threads, rules } = this.#options;
    const stream = streamKey(name);
    const key = keyOf(stream, route.owner);
    const known = this.#feeds.get(key);
    if (known !== undefined) return known.feeds;
    const feeds = new StreamFeeds({
      threads,
      target: { vhost: name.vhost, path: parseTarget(request.url ?? '')?.path ?? '/' },
      route,
      ring: () => rules().ring,
      hasRoom: () => this.#ringBytes() + NEW_RING <= rules().memory,
      onLeft: (skipped) => {
        this.#pastSkipped += skipped;
      },
      onEmpty: () => this.#feeds.delete(key),
    });
    this.#feeds.set(key, { stream, feeds });
    return feeds;
  }

  #ringBytes(): number {
    return this.totals().ringBytes;
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

function keyOf(stream: StreamKey, { id, generation }: OwnerRef): string {
  return `${id} ${generation} ${stream}`;
}
