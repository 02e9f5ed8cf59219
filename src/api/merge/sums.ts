import { type Json, numberOf, objectOf } from '../json.js';

/** Sums each named field over all objects. */
export function sumsOf(objects: readonly Json[], names: readonly string[]): Record<string, number> {
  return Object.fromEntries(names.map((name) => [name, sumOf(objects, name)]));
}

export function sumOf(objects: readonly Json[], name: string): number {
  return objects.reduce((sum, object) => sum + numberOf(object, name), 0);
}

/** Sums the traffic fields, which vhosts and streams share. */
export function trafficOf(rows: readonly Json[]): Json {
  const kbps = rows.map((row) => objectOf(row, 'kbps'));
  return {
    ...sumsOf(rows, ['clients', 'send_bytes', 'recv_bytes']),
    kbps: sumsOf(kbps, ['recv_30s', 'send_30s']),
  };
}

/** Groups objects by `key`, in the order of first appearance. */
export function groupBy(rows: readonly Json[], key: (row: Json) => string): Map<string, Json[]> {
  const groups = new Map<string, Json[]>();
  for (const row of rows) {
    const group = groups.get(key(row));
    if (group === undefined) groups.set(key(row), [row]);
    else group.push(row);
  }
  return groups;
}
