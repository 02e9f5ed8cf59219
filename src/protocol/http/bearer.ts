import { isSameText } from '../same-text.js';

/** Whether an `Authorization` header bears this token (RFC 6750 §2.1). */
export function bears(token: string, authorization = ''): boolean {
  const given = /^Bearer +(\S+)$/i.exec(authorization)?.[1];
  return given !== undefined && isSameText(given, token);
}
