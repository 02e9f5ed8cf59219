/**
 * Parses a query string by SRS's rules: it splits at every separator and takes the parts as name,
 * value, name, value, so a name without `=` shifts all that follow. Nothing is decoded. The last of
 * equal names wins.
 */
export function parseQuery(query: string): ReadonlyMap<string, string> {
  const items = query.slice(query.indexOf('?') + 1).split(/&&|[=,&;]/);
  const values = new Map<string, string>();
  for (let at = 0; at < items.length; at += 2) values.set(items[at] ?? '', items[at + 1] ?? '');
  return values;
}
