/**
 * SRS's CORS headers, which it sends only if the request has an `Origin`. The last one has its own
 * name here: SRS answers with the name of the request's header.
 */
const CORS = {
  'Access-Control-Allow-Origin': '*',
  'Access-Control-Allow-Headers': '*',
  'Access-Control-Allow-Methods': '*',
  'Access-Control-Expose-Headers': '*',
  'Access-Control-Allow-Credentials': 'false',
  'Access-Control-Allow-Private-Network': 'true',
};
/** Headers of WHIP and WHEP that pages read (RFC 9725 §4.2). */
const READ = '*, Location, Link, ETag, Retry-After';
/** Headers that WHIP and WHEP clients send. `*` does not cover Authorization. */
const SENT = ['*', 'Authorization', 'Content-Type', 'If-Match'];
const NAME = /^[\w!#$%&'*+.^`|~-]{1,64}$/;
const MAX_NAMES = 32;

/** The headers of a request that its CORS headers depend on. */
export interface CorsAsk {
  readonly origin?: string | undefined;
  readonly 'access-control-request-headers'?: string | undefined;
}

/** Returns the CORS headers for a request with this `Origin`; none if it has no `Origin`. */
export function corsHeaders(origin: string | undefined): Readonly<Record<string, string>> {
  return origin === undefined ? {} : CORS;
}

/** Returns CORS headers that name what a page may send and read, for WHIP and WHEP. */
export function namedCorsHeaders(ask: CorsAsk): Readonly<Record<string, string>> {
  if (ask.origin === undefined) return {};
  const asked = (ask['access-control-request-headers'] ?? '').split(',', MAX_NAMES);
  const names = asked.map((name) => name.trim()).filter((name) => NAME.test(name));
  return {
    ...CORS,
    'Access-Control-Allow-Headers': [...new Set([...SENT, ...names])].join(', '),
    'Access-Control-Expose-Headers': READ,
  };
}
