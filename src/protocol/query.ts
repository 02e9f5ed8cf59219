/**
 * A query string by SRS's own rules: it splits at every mark, then reads name, value, name, value, so
 * that a name without `=` shifts what follows; nothing is decoded. The last of equal names counts.
 */
export function parseQuery(query: string): ReadonlyMap<string, string> {
  const items = query.slice(query.indexOf('?') + 1).split(/&&|[=,&;]/);
  const values = new Map<string, string>();
  for (let at = 0; at < items.length; at += 2) values.set(items[at] ?? '', items[at + 1] ?? '');
  return values;
}
