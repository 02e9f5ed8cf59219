import type { IncomingHttpHeaders } from 'node:http';
import type { FastifyRequest } from 'fastify';
import { buildHop, HOP_HEADER, readHop } from '../../protocol/peer/hop.js';
import type { Route } from '../route.js';

interface BoxSecret {
  /** The boxes' shared secret; null: there are no other boxes. */
  readonly secret: string | null;
}

/** Returns the client's address: as another box tells it, else that of the connection. */
export function clientIp(options: BoxSecret, request: FastifyRequest): string {
  return toldIp(options, request) ?? request.clientAddress.ip;
}

/** Returns the client's address as another box tells it; null: no box has sent the request. */
export function toldIp({ secret }: BoxSecret, { headers, url }: FastifyRequest): string | null {
  const { [HOP_HEADER]: hop } = headers;
  if (typeof hop !== 'string' || secret === null) return null;
  return readHop(hop, url, secret, Date.now());
}

/** Returns the header that tells the child's box whose request it is. */
export function hopHeader(
  { via }: Pick<Route, 'via'>,
  ip: string,
  target: string,
): IncomingHttpHeaders {
  if (via === undefined) return {};
  return { [HOP_HEADER]: buildHop({ ip, at: Date.now() }, target, via.secret) };
}
