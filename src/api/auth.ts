import { isSameText } from '../protocol/same-text.js';

/**
 * Whether a request may be answered, by `http_api.auth`: SRS asks for it on each path that has
 * `/api/` in it, and on no other. `expected` is the whole header; null: nothing is asked for.
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
