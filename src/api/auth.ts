import { createHash, timingSafeEqual } from 'node:crypto';

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
  return pair !== undefined && timingSafeEqual(digest(`Basic ${pair}`), digest(expected));
}

/** Digests have one length, which the comparison in constant time needs. */
function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
