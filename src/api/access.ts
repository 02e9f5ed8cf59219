import type { IncomingHttpHeaders } from 'node:http';
import { isIP } from 'node:net';
import { isLoopback } from '../config/address.js';
import { bears } from '../protocol/http/bearer.js';
import { hostName } from '../protocol/http/target.js';
import { isAllowed } from './auth.js';

/** Who may do what by the API. */
export interface ApiAccess {
  /** The whole `Authorization` of HTTP Basic that paths with `/api/` in them ask for; null: none. */
  readonly authorization: string | null;
  /** Opens everything, as `Authorization: Bearer`; null: there is none. */
  readonly token: string | null;
  /**
   * Who may change something (kick, reload). `local`: who has the authorization, else this machine
   * itself; never a page of another site. `token`: who has the token. `open`: who may read, as in SRS.
   */
  readonly changes: 'local' | 'token' | 'open';
}

/** A request, as far as access goes by it. */
export interface ApiCaller {
  readonly path: string;
  readonly isChange: boolean;
  /** The true client's address. */
  readonly ip: string;
  readonly headers: IncomingHttpHeaders;
}

export interface ApiRefusal {
  readonly status: 401 | 403;
  /** How the caller may show who it is; null: it cannot. */
  readonly scheme: 'Basic' | 'Bearer' | null;
  /** Why, and what would help; '' as SRS has it for a wrong password. */
  readonly reason: string;
}

const WRONG_PASSWORD: ApiRefusal = { status: 401, scheme: 'Basic', reason: '' };
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

/** Why a request is not answered; null: it is. */
export function refusalOf(access: ApiAccess, caller: ApiCaller): ApiRefusal | null {
  const { authorization: given } = caller.headers;
  const { token, authorization, changes } = access;
  if (token !== null && bears(token, given)) return null;
  if (!isAllowed(caller.path, given, authorization)) return WRONG_PASSWORD;
  if (!caller.isChange || changes === 'open') return null;
  if (changes === 'token') return NO_TOKEN;
  if (isForeignPage(caller.headers)) return FOREIGN_PAGE;
  if (authorization !== null || isLocal(caller)) return null;
  return token === null ? NOT_LOCAL : NO_TOKEN;
}

/**
 * Whether a preflight (the Fetch standard's CORS) asks for a change that a page of another site may
 * not make. One that will show the token is judged when it does.
 */
export function isRefusedPreflight(access: ApiAccess, headers: IncomingHttpHeaders): boolean {
  const method = headers['access-control-request-method'] ?? 'GET';
  if (access.changes === 'open' || ['GET', 'HEAD', 'POST'].includes(method)) return false;
  const named = (headers['access-control-request-headers'] ?? '').toLowerCase().split(/[\s,]+/);
  if (access.token !== null && named.includes('authorization')) return false;
  return isForeignPage(headers);
}

/** Whether a browser asks for a page that comes from another host; ports are one site. */
function isForeignPage(headers: IncomingHttpHeaders): boolean {
  const { origin, referer, host = '', 'sec-fetch-site': site } = headers;
  if (site === 'cross-site') return true;
  const page = origin ?? referer;
  if (page === undefined) return site === 'same-site';
  return !URL.canParse(page) || hostName(new URL(page).host) !== hostName(host.toLowerCase());
}

/**
 * Whether it comes from this machine itself: not by a proxy that nobody told us to trust, and not by
 * a name, which could be any site's (DNS rebinding).
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
