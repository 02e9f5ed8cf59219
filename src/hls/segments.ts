import { join } from 'node:path';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { ChildRef } from '../child/types.js';
import { ImmutableFiles } from '../files/immutable.js';
import { type SegmentName, writerName } from '../protocol/hls/names.js';
import { corsHeaders } from '../protocol/http/cors.js';
import { AGENTS, type Ask, askChild, type ChildAddress } from './ask-child.js';

export interface SegmentOptions {
  /** The directory that all children write HLS below. */
  readonly root: string;
  readonly windowSeconds: number;
  readonly cacheBytes: number;
  /** Where that life of a child answers; null: it has ended. Absent: segments come from disk. */
  readonly child?: (writer: ChildRef) => ChildAddress | null;
}

/** What a segment request names. */
export interface SegmentAsk extends Ask {
  readonly vhost: string;
  readonly segment: SegmentName;
}

/** Segments of all children, alive or not. */
export class Segments {
  readonly #options: SegmentOptions;
  readonly #files: ImmutableFiles;

  constructor(options: SegmentOptions) {
    const { root, windowSeconds, cacheBytes } = options;
    this.#options = options;
    this.#files = new ImmutableFiles({ root, cacheBytes, maxAgeSeconds: windowSeconds });
  }

  get cachedBytes(): number {
    return this.#files.bytes;
  }

  async reply(ask: SegmentAsk, request: FastifyRequest, reply: FastifyReply) {
    const { writer, path } = ask.segment;
    const child = request.method === 'GET' ? this.#options.child?.(writer) : undefined;
    const passed = child ? await this.#pass(child, ask, request, reply) : null;
    if (passed !== null) return passed;
    return this.#files.reply(join(writerName(writer), ask.vhost, path), request, reply);
  }

  /** The child counts the bytes for its viewer. Null where it does not answer. */
  async #pass(child: ChildAddress, ask: Ask, request: FastifyRequest, reply: FastifyReply) {
    const response = await askChild(child, ask, AGENTS.segment).catch(() => null);
    if (response === null) return null;
    const { statusCode = 502, headers } = response;
    const { 'content-type': type = 'video/MP2T', 'content-length': length } = headers;
    return reply
      .code(statusCode)
      .headers({ 'Content-Type': type, ...corsHeaders(request.headers.origin) })
      .headers(length === undefined ? {} : { 'Content-Length': length })
      .send(response);
  }
}
