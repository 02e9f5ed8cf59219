import type { IncomingMessage } from 'node:http';
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
export interface SegmentAsk {
  readonly vhost: string;
  readonly segment: SegmentName;
  /** For the child, where it is to send the segment. */
  readonly ask: () => Ask;
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

  reply(named: SegmentAsk, request: FastifyRequest, reply: FastifyReply): unknown {
    const { writer } = named.segment;
    const child = request.method === 'GET' ? this.#options.child?.(writer) : undefined;
    if (child) return this.#pass(child, named, request, reply);
    return this.#files.reply(fileOf(named), request, reply);
  }

  /** The child counts the bytes for its viewer; where it does not answer, the file does. */
  async #pass(
    child: ChildAddress,
    named: SegmentAsk,
    request: FastifyRequest,
    reply: FastifyReply,
  ): Promise<unknown> {
    const response = await askChild(child, named.ask(), AGENTS.segment).catch(() => null);
    if (response === null) return this.#files.reply(fileOf(named), request, reply);
    return passOn(response, request, reply);
  }
}

/** A segment of an origin that we did not start. Rejects where that does not answer. */
export async function segmentOf(
  origin: ChildAddress,
  ask: Ask,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<unknown> {
  return passOn(await askChild(origin, ask, AGENTS.segment), request, reply);
}

function passOn(response: IncomingMessage, request: FastifyRequest, reply: FastifyReply): unknown {
  const { statusCode = 502, headers } = response;
  const { 'content-type': type = 'video/MP2T', 'content-length': length } = headers;
  return reply
    .code(statusCode)
    .headers({ 'Content-Type': type, ...corsHeaders(request.headers.origin) })
    .headers(length === undefined ? {} : { 'Content-Length': length })
    .send(response);
}

/** Below the directory that all children write to. */
function fileOf({ segment: { writer, path }, vhost }: SegmentAsk): string {
  return `${writerName(writer)}/${vhost}/${path}`;
}
