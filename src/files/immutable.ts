import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { corsHeaders } from '../protocol/http/cors.js';
import { type HotFile, HotFiles } from './hot-files.js';
import { openFile, type Shelf } from './open.js';
import { replyFile } from './reply.js';

export interface ImmutableOptions {
  readonly root: string;
  readonly maxAgeSeconds: number;
  /** Bytes of memory for recently requested files. */
  readonly cacheBytes: number;
}

export interface Exchange {
  readonly request: FastifyRequest;
  readonly reply: FastifyReply;
  /** Rules say who may have the file: caches that clients share must not keep it. */
  readonly isPrivate?: boolean;
}

type Headers = Readonly<Record<string, string>>;
type Handler = (exchange: Exchange) => unknown;

/** Files above one such share of the cache are read from disk each time. */
const LARGEST_SHARE = 8;

/** Serves files that are written once, such as segments, and caches those requested often. */
export class ImmutableFiles {
  readonly #shelf: Shelf;
  readonly #maxBytes: number;
  readonly #hot: HotFiles;

  constructor({ root, maxAgeSeconds, cacheBytes }: ImmutableOptions) {
    this.#shelf = { root, maxAgeSeconds, immutable: true };
    this.#maxBytes = cacheBytes / LARGEST_SHARE;
    this.#hot = new HotFiles(cacheBytes);
  }

  /**
   * Answers a GET or HEAD for the file at `path`, relative to the root and undecoded. Without such
   * a file it calls `otherwise` (default: not found).
   */
  reply(path: string, exchange: Exchange, otherwise = notFound): unknown {
    const { request } = exchange;
    if (!isPlain(request)) return this.#open(path, exchange, otherwise);
    const hot = this.#hot.get(path);
    return hot ? replyHot(exchange, hot) : this.#load(path, exchange, otherwise);
  }

  async #load(path: string, exchange: Exchange, otherwise: Handler) {
    const hot = await this.#hot.load(path, () => this.#read(path));
    if (hot === null) return this.#open(path, exchange, otherwise);
    return replyHot(exchange, hot);
  }

  async #open(path: string, exchange: Exchange, otherwise: Handler) {
    const { request, reply } = exchange;
    const file = await openFile(this.#shelf, encodeURI(path), request.raw);
    if (file === null) return otherwise(exchange);
    return replyFile(request, reply, { ...file, headers: headersFor(exchange, file.headers) });
  }

  async #read(path: string): Promise<HotFile | null> {
    const plain = Object.assign(Readable.from([]), { method: 'GET', headers: {} });
    const file = await openFile(this.#shelf, encodeURI(path), plain);
    if (file === null) return null;
    if (Number(file.headers['Content-Length']) > this.#maxBytes) {
      file.body.destroy();
      return null;
    }
    return { headers: file.headers, body: await buffer(file.body) };
  }
}

function notFound({ reply }: Exchange): unknown {
  return reply.callNotFound();
}

/** Reports whether a request is for the whole file, unconditionally. */
export function isPlain({ method, headers }: FastifyRequest): boolean {
  const { range } = headers;
  if (method !== 'GET' || range !== undefined) return false;
  return !CONDITIONS.some((name) => headers[name] !== undefined);
}

const CONDITIONS = ['if-none-match', 'if-modified-since', 'if-match', 'if-unmodified-since'];

// Bypasses Fastify's reply, which costs as much again as sending a small segment.
export function replyHot(exchange: Exchange, hot: HotFile) {
  const { request, reply } = exchange;
  reply.hijack();
  const { origin } = request.headers;
  const headers = headersFor(exchange, hot.headers);
  reply.raw.writeHead(200, origin === undefined ? headers : { ...headers, ...corsHeaders(origin) });
  reply.raw.end(hot.body);
  return reply;
}

/** Returns a file's headers as this client gets them. */
export function headersFor({ isPrivate = false }: Exchange, headers: Headers): Headers {
  if (!isPrivate) return headers;
  const { 'Cache-Control': kept = '' } = headers;
  const rest = kept.replace(/^public, /, '');
  return { ...headers, 'Cache-Control': rest === '' ? 'private' : `private, ${rest}` };
}
