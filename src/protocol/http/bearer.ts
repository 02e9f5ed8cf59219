import { isSameText } from '../same-text.js';

/** Reports whether an `Authorization` header carries this bearer token (RFC 6750 §2.1). */
export function bears(token: string, authorization = ''): boolean {
  const given = /^Bearer +(\S+)$/i.exec(authorization)?.[1];
  return given !== undefined && isSameText(given, token);
}
