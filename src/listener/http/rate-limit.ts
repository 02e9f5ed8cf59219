import type { FastifyRequest } from 'fastify';
import type { TokenBuckets } from '../../collections/token-buckets.js';
import { corsHeaders } from '../../protocol/http/cors.js';
import { networkOf } from '../client-address.js';
import type { HttpPlugin } from './app.js';

export interface RateLimit {
  /** Buckets that a request is counted in; null: none. */
  readonly bucketsOf: (request: FastifyRequest) => TokenBuckets | null;
  /** Returns the address of a request; default: the true client's. */
  readonly ipOf?: (request: FastifyRequest) => string;
}

const TEXT = 'text/plain; charset=utf-8';

/**
 * Makes a plugin whose requests are limited per address. Above the limit they get 429 (RFC 6585 §4)
 * and a closed connection, so that pipelined requests cost nothing.
 */
export function limitRate(
  plugin: HttpPlugin,
  { bucketsOf, ipOf = clientIp }: RateLimit,
): HttpPlugin {
  return async (app) => {
    app.addHook('onRequest', async (request, reply) => {
      const buckets = bucketsOf(request);
      if (buckets === null || buckets.take(networkOf(ipOf(request)))) return undefined;
      reply.headers({ 'Retry-After': '1', Connection: 'close' });
      reply.headers(corsHeaders(request.headers.origin));
      return reply.code(429).type(TEXT).send('Too Many Requests: from this address\n');
    });
    await plugin(app);
  };
}

function clientIp({ clientAddress }: FastifyRequest): string {
  return clientAddress.ip;
}
