import { isSameText } from '../protocol/same-text.js';

/**
 * Checks a request by `http_api.auth`. SRS requires it on paths that contain `/api/`, and on no
 * other. `expected` is the whole header, `Basic …` or `Bearer …`; null: none is required.
 */
export function isAllowed(
  path: string,
  given: string | undefined,
  expected: string | null,
): boolean {
  if (expected === null || !path.includes('/api/')) return true;
  const [, scheme = '', credentials = ''] = /^(Basic|Bearer) +(\S+)$/i.exec(given ?? '') ?? [];
  const isBearer = scheme.toLowerCase() === 'bearer';
  return isSameText(`${isBearer ? 'Bearer' : 'Basic'} ${credentials}`, expected);
}
