import type { FastifyRequest } from 'fastify';
import type { TokenBuckets } from '../../collections/token-buckets.js';
import type { Logger } from '../../logging/logger.js';
import { logRefusal } from '../../logging/refusals.js';
import { corsHeaders } from '../../protocol/http/cors.js';
import { networkOf } from '../client-address.js';
import type { RequestLimit } from '../failure.js';
import type { HttpPlugin } from './app.js';

export interface RateLimit {
  /** Buckets that a request is counted in; null: none. */
  readonly bucketsOf: (request: FastifyRequest) => TokenBuckets | null;
  /** Returns the address of a request; default: the true client's. */
  readonly ipOf?: (request: FastifyRequest) => string;
  /** Returns the limit's name for a request. */
  readonly nameOf: (request: FastifyRequest) => RequestLimit;
  readonly logger: Logger;
}

const TEXT = 'text/plain; charset=utf-8';

/**
 * Makes a plugin whose requests are limited per address. Above the limit they get 429 (RFC 6585 §4)
 * and a closed connection, so that pipelined requests cost nothing.
 */
export function limitRate(
  plugin: HttpPlugin,
  { bucketsOf, ipOf = clientIp, nameOf, logger }: RateLimit,
): HttpPlugin {
  return async (app) => {
    app.addHook('onRequest', async (request, reply) => {
      const buckets = bucketsOf(request);
      const client = ipOf(request);
      if (buckets === null || buckets.take(networkOf(client))) return undefined;
      const failure = nameOf(request);
      const about = { request: request.id, client, url: request.url };
      logRefusal(logger, 'request refused', { ...about, failure, limit: `limits.${failure}` });
      request.countFailure(failure);
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
