/** By name of what imports, all that it imports. */
export type Graph = ReadonlyMap<string, Iterable<string>>;

/** One circle for each import that closes one, as `a > b > a`; none in a graph without circles. */
export function circlesIn(graph: Graph): string[] {
  const circles: string[] = [];
  const done = new Set<string>();
  const walk = (name: string, path: readonly string[]) => {
    const start = path.indexOf(name);
    if (start >= 0) circles.push([...path.slice(start), name].join(' > '));
    if (start >= 0 || done.has(name)) return;
    for (const next of graph.get(name) ?? []) walk(next, [...path, name]);
    done.add(name);
  };
  for (const name of graph.keys()) walk(name, []);
  return circles;
}
