import type { IncomingMessage } from 'node:http';
import { type Exchange, headersFor } from '../files/immutable.js';
import { corsHeaders } from '../protocol/http/cors.js';

const KEPT = ['content-length', 'content-range', 'accept-ranges', 'last-modified', 'etag'];

/** Streams a child's response to the client. */
export function passOn(response: IncomingMessage, exchange: Exchange): unknown {
  const { request, reply } = exchange;
  const { statusCode = 502, headers } = response;
  const { 'content-type': type = 'video/MP2T' } = headers;
  const kept = KEPT.flatMap((name) => (headers[name] === undefined ? [] : [[name, headers[name]]]));
  return reply
    .code(statusCode)
    .headers({ 'Content-Type': type, ...corsHeaders(request.headers.origin) })
    .headers(headersFor(exchange, Object.fromEntries(kept)))
    .send(response);
}
