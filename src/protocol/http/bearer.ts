import { isSameText } from '../same-text.js';

/** Returns the token of an `Authorization` header (RFC 6750 §2.1); null if it has none. */
export function bearerOf(authorization = ''): string | null {
  return /^Bearer +(\S+)$/i.exec(authorization)?.[1] ?? null;
}

/** Reports whether an `Authorization` header carries this bearer token. */
export function bears(token: string, authorization?: string): boolean {
  const given = bearerOf(authorization);
  return given !== null && isSameText(given, token);
}
