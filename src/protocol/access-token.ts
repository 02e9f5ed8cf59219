import { bearerOf } from './http/bearer.js';

/** Most characters of a token; longer ones are not looked at. */
const MAX_TOKEN = 8192;
/** The parameter, between the separators of SRS's parameters and of SRT's stream ids. */
const PARAMETER = /(?:^|[?&,;:])token=([^\s&,;#?]*)/;

/**
 * Returns the access token in a client's parameters: a query, or an SRT stream id; null: there is
 * none.
 */
export function tokenIn(params: string): string | null {
  const token = PARAMETER.exec(params)?.[1] ?? '';
  return token === '' || token.length > MAX_TOKEN ? null : token;
}

/** Returns the access token of an HTTP request: that of its query, else its bearer token. */
export function tokenOf(query: string, authorization?: string): string | null {
  return tokenIn(query) ?? bearerOf(authorization);
}
