import type { IncomingHttpHeaders } from 'node:http';
import { isIP } from 'node:net';
import { isLoopback } from '../config/address.js';
import { bears } from '../protocol/http/bearer.js';
import { hostName } from '../protocol/http/target.js';
import { isAllowed } from './auth.js';

export interface ApiAccess {
  /** The `Authorization` header (Basic or Bearer) required on paths with `/api/`; null: none. */
  readonly authorization: string | null;
  /** Bearer token that permits everything; null: there is none. */
  readonly token: string | null;
  /**
   * Clients that may change state (kick, reload). `local`: those with the authorization, or without
   * one those on this machine; never a page of another site. `token`: those with the token. `open`:
   * all that may read, as in SRS.
   */
  readonly changes: 'local' | 'token' | 'open';
}

/** The parts of a request that decide on access. */
export interface ApiCaller {
  readonly path: string;
  readonly isChange: boolean;
  /** The true client's address. */
  readonly ip: string;
  readonly headers: IncomingHttpHeaders;
}

export interface ApiRefusal {
  readonly status: 401 | 403;
  /** Value of WWW-Authenticate; null: credentials would not help. */
  readonly scheme: 'Basic' | 'Bearer' | null;
  /** The reason and the remedy; '' for a wrong password, as in SRS. */
  readonly reason: string;
}

const FOREIGN_PAGE: ApiRefusal = {
  status: 403,
  scheme: null,
  reason: 'a page of another site may change nothing here without the token (api.token)',
};
const NO_TOKEN: ApiRefusal = {
  status: 401,
  scheme: 'Bearer',
  reason: 'a token is needed: Authorization: Bearer TOKEN (api.token)',
};
const NOT_LOCAL: ApiRefusal = {
  status: 403,
  scheme: null,
  reason:
    'only this machine may change something; set api.token, or api.username and api.password, or api.changes to open',
};

function wrong(expected: string | null): ApiRefusal {
  const scheme = expected?.startsWith('Bearer ') ? 'Bearer' : 'Basic';
  return { status: 401, scheme, reason: '' };
}

/** Returns why a request is refused, or null. */
export function refusalOf(access: ApiAccess, caller: ApiCaller): ApiRefusal | null {
  const { authorization: given } = caller.headers;
  const { token, authorization, changes } = access;
  if (token !== null && bears(token, given)) return null;
  if (!isAllowed(caller.path, given, authorization)) return wrong(authorization);
  if (!caller.isChange || changes === 'open') return null;
  if (changes === 'token') return NO_TOKEN;
  if (isForeignPage(caller.headers)) return FOREIGN_PAGE;
  if (authorization !== null || isLocal(caller)) return null;
  return token === null ? NOT_LOCAL : NO_TOKEN;
}

/**
 * Reports whether a preflight (CORS in the Fetch standard) asks for a change that a page of another
 * site may not make. A request that will carry the token is checked when it comes.
 */
export function isRefusedPreflight(access: ApiAccess, headers: IncomingHttpHeaders): boolean {
  const method = headers['access-control-request-method'] ?? 'GET';
  if (access.changes === 'open' || ['GET', 'HEAD', 'POST'].includes(method)) return false;
  const named = (headers['access-control-request-headers'] ?? '').toLowerCase().split(/[\s,]+/);
  if (access.token !== null && named.includes('authorization')) return false;
  return isForeignPage(headers);
}

/** Reports whether the request comes from a page of another host; ports do not matter. */
function isForeignPage(headers: IncomingHttpHeaders): boolean {
  const { origin, referer, host = '', 'sec-fetch-site': site } = headers;
  if (site === 'cross-site') return true;
  const page = origin ?? referer;
  if (page === undefined) return site === 'same-site';
  return !URL.canParse(page) || hostName(new URL(page).host) !== hostName(host.toLowerCase());
}

/**
 * Reports whether the request comes from this machine, without an untrusted proxy, and by IP
 * address or `localhost`: any other name could be any site's (DNS rebinding).
 */
function isLocal({ ip, headers }: ApiCaller): boolean {
  const { host } = headers;
  const isForwarded = FORWARDED.some((name) => headers[name] !== undefined);
  return isLoopback({ host: ip, port: 0 }) && !isForwarded && (!host || isOwnName(hostName(host)));
}

const FORWARDED = ['x-forwarded-for', 'x-real-ip', 'forwarded', 'via'];

function isOwnName(name: string): boolean {
  return name.toLowerCase() === 'localhost' || isIP(name) !== 0;
}
