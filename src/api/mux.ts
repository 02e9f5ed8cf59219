/**
 * SRS's way of finding who answers a path: a pattern that ends in `/` has all paths below it, any
 * other is one path; of those that fit, the longest counts. So what nobody has falls to its parent.
 */
export function matchPath(patterns: Iterable<string>, path: string): string {
  let found = '/';
  for (const pattern of patterns) {
    const fits = pattern.endsWith('/') ? path.startsWith(pattern) : path === pattern;
    if (fits && pattern.length > found.length) found = pattern;
  }
  return found;
}
