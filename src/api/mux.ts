/**
 * Matches a path as SRS does: a pattern that ends in `/` matches all paths below it, any other only
 * itself, and the longest match wins. An unknown path thus gets its parent's answer.
 */
export function matchPath(patterns: Iterable<string>, path: string): string {
  let found = '/';
  for (const pattern of patterns) {
    const fits = pattern.endsWith('/') ? path.startsWith(pattern) : path === pattern;
    if (fits && pattern.length > found.length) found = pattern;
  }
  return found;
}
