import type { IncomingMessage } from 'node:http';
import { buffer } from 'node:stream/consumers';
import { type HotFile, HotFiles } from '../files/hot-files.js';
import { type Exchange, isPlain, replyHot } from '../files/immutable.js';
import type { Route } from '../listener/route.js';
import { type SegmentName, writerName } from '../protocol/hls/names.js';
import { parseStreamKey, type StreamKey } from '../stream-key.js';
import { type Ask, addressOf, askChild, type HlsChild } from './ask-child.js';
import { passOn } from './pass-on.js';

/** A parsed segment request. */
export interface SegmentAsk {
  readonly vhost: string;
  readonly segment: SegmentName;
  /** Makes the request to the child, if the child sends the segment. */
  readonly ask: () => Ask;
}

export interface FarSegmentOptions {
  readonly windowSeconds: number;
  readonly cacheBytes: number;
  /** Finds a stream's owner without placing the stream. */
  readonly find: (stream: StreamKey) => Promise<Route | null>;
}

/** Returns the stream of a segment; null: its name has none. */
export function streamOfSegment(vhost: string, { writer, path }: SegmentName): StreamKey | null {
  const name = path.slice(0, path.lastIndexOf(`-${writerName(writer)}-`));
  return parseStreamKey(`${vhost}/${name}`);
}

/** Segments above one such share of the cache are not cached. */
const LARGEST_SHARE = 8;

/** Segments of children on other boxes. Concurrent requests for one segment share one fetch. */
export class FarSegments {
  readonly #find: FarSegmentOptions['find'];
  readonly #hot: HotFiles;
  readonly #maxBytes: number;
  readonly #maxAge: string;

  constructor({ find, cacheBytes, windowSeconds }: FarSegmentOptions) {
    this.#find = find;
    this.#hot = new HotFiles(cacheBytes);
    this.#maxBytes = cacheBytes / LARGEST_SHARE;
    this.#maxAge = `public, max-age=${windowSeconds}, immutable`;
  }

  /** Sends a segment; 404 if the stream is on this box or nowhere. */
  async reply(named: SegmentAsk, exchange: Exchange): Promise<unknown> {
    const { request, reply } = exchange;
    const key = `${named.vhost}/${named.segment.path}`;
    const hot = isPlain(request) ? this.#hot.get(key) : undefined;
    if (hot !== undefined) return replyHot(exchange, hot);
    const child = await this.#childOf(named);
    if (child === null) return reply.callNotFound();
    const fetched = isPlain(request)
      ? await this.#hot.load(key, () => this.#fetch(child, named)).catch(() => null)
      : null;
    if (fetched !== null) return replyHot(exchange, fetched);
    const response = await askChild(child, named.ask(), 'hlsSegment').catch(() => null);
    return response === null ? reply.callNotFound() : passOn(response, exchange);
  }

  /** Returns the segment's writer, on the box that has the stream now. */
  async #childOf({ vhost, segment }: SegmentAsk): Promise<HlsChild | null> {
    const { writer } = segment;
    const stream = streamOfSegment(vhost, segment);
    const route = stream && (await this.#find(stream).catch(() => null));
    route?.release();
    if (route?.via === undefined) return null;
    const { id: child, generation } = writer;
    return { ...addressOf(route), via: { ...route.via, child, generation, wanted: null } };
  }

  /** Fetches a segment; null if it is not to be cached. */
  async #fetch(child: HlsChild, named: SegmentAsk): Promise<HotFile | null> {
    // Other requests may share this fetch after the client has left.
    const ask = { ...named.ask(), signal: new AbortController().signal };
    const response = await askChild(child, ask, 'hlsSegment');
    const length = Number(response.headers['content-length'] ?? Number.NaN);
    if (response.statusCode !== 200 || !(length <= this.#maxBytes)) {
      response.destroy();
      return null;
    }
    return { headers: this.#headersOf(response), body: await buffer(response) };
  }

  #headersOf({ headers }: IncomingMessage): Record<string, string> {
    return {
      'Content-Type': headers['content-type'] ?? 'video/MP2T',
      'Content-Length': headers['content-length'] ?? '0',
      'Cache-Control': this.#maxAge,
    };
  }
}
