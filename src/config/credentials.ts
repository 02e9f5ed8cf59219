/** Rule of credentials for an HTTP API: username and password, or a token. */
export const CREDENTIALS_RULE = "'username:password' or 'Bearer TOKEN'";

const CREDENTIALS = /^(?:Bearer +[\x21-\x7e]+|[^:\s\p{Cc}]+:[^\p{Cc}]+)$/u;

/**
 * Returns the credentials, or undefined if malformed. Line ends in particular are refused, since
 * the text goes into a header.
 */
export function parseCredentials(text: unknown): string | undefined {
  return typeof text === 'string' && CREDENTIALS.test(text) ? text : undefined;
}

/** Returns the value of the `Authorization` header. */
export function authorizationOf(credentials: string | null): string | null {
  if (credentials === null || /^Bearer +\S+$/.test(credentials)) return credentials;
  return basicAuthorization(credentials);
}

/** Returns the `Authorization` header of HTTP Basic (RFC 7617) for `username:password`. */
export function basicAuthorization(pair: string): string {
  return `Basic ${Buffer.from(pair).toString('base64')}`;
}
