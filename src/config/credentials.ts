/** What an HTTP API may ask for, as people write it: a name and a password, or a token. */
export const CREDENTIALS_RULE = "'username:password' or 'Bearer TOKEN'";

const CREDENTIALS = /^(?:Bearer +[\x21-\x7e]+|[^:\s\p{Cc}]+:[^\p{Cc}]+)$/u;

/** Undefined for what is none: above all nothing that ends a header line. */
export function parseCredentials(text: unknown): string | undefined {
  return typeof text === 'string' && CREDENTIALS.test(text) ? text : undefined;
}

/** The `Authorization` of credentials. */
export function authorizationOf(credentials: string | null): string | null {
  if (credentials === null || /^Bearer +\S+$/.test(credentials)) return credentials;
  return basicAuthorization(credentials);
}

/** The whole `Authorization` of HTTP Basic (RFC 7617) for `username:password`. */
export function basicAuthorization(pair: string): string {
  return `Basic ${Buffer.from(pair).toString('base64')}`;
}
