import { isSameText } from '../protocol/same-text.js';

/**
 * Checks a request by `http_api.auth`. SRS requires it on paths that contain `/api/`, and on no
 * other. `expected` is the whole header; null: none is required.
 */
export function isAllowed(
  path: string,
  given: string | undefined,
  expected: string | null,
): boolean {
  if (expected === null || !path.includes('/api/')) return true;
  const pair = /^Basic +(\S+)$/i.exec(given ?? '')?.[1];
  return pair !== undefined && isSameText(`Basic ${pair}`, expected);
}
