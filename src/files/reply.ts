import type { FastifyReply, FastifyRequest } from 'fastify';
import { corsHeaders } from '../protocol/http/cors.js';
import type { FileAnswer } from './open.js';

/** Answers with a file; a page of another origin may read it, as SRS has it. */
export function replyFile(request: FastifyRequest, reply: FastifyReply, file: FileAnswer) {
  return reply
    .code(file.status)
    .headers({ ...file.headers, ...corsHeaders(request.headers.origin) })
    .send(file.body);
}

/** Answers a preflight, which SRS does on every path. */
export function replyOptions(request: FastifyRequest, reply: FastifyReply) {
  return reply
    .code(200)
    .headers({ ...corsHeaders(request.headers.origin), 'Content-Length': '0' })
    .send();
}
