import type { FastifyReply, FastifyRequest } from 'fastify';
import { corsHeaders } from '../protocol/http/cors.js';
import type { FileAnswer } from './open.js';

/** Sends a file. Pages of other origins may read it, as with SRS. */
export function replyFile(request: FastifyRequest, reply: FastifyReply, file: FileAnswer) {
  return reply
    .code(file.status)
    .headers({ ...file.headers, ...corsHeaders(request.headers.origin) })
    .send(file.body);
}

/** Answers a CORS preflight; SRS answers one on every path. */
export function replyOptions(request: FastifyRequest, reply: FastifyReply) {
  return reply
    .code(200)
    .headers({ ...corsHeaders(request.headers.origin), 'Content-Length': '0' })
    .send();
}
