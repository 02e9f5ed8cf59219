/** Rows of a list by their indices. */
export interface Window {
  readonly first: number;
  readonly count: number;
}

/** Rows that are kept above and below those in sight. */
const BESIDE = 8;
/** Most rows that the supervisor answers at once. */
const MOST = 200;

/** Returns the rows in sight, with some above and below them; all lengths in pixels. */
export function windowOf(top: number, height: number, rowHeight: number): Window {
  const first = Math.max(0, Math.floor(top / rowHeight) - BESIDE);
  return { first, count: Math.min(MOST, Math.ceil(height / rowHeight) + 2 * BESIDE) };
}

/** Returns new rows in the order that the old ones had; rows that are new come behind these. */
export function keepOrder<T>(
  old: readonly T[],
  rows: readonly T[],
  idOf: (row: T) => string,
): readonly T[] {
  const byId = new Map(rows.map((row) => [idOf(row), row]));
  const kept = old.flatMap((row) => byId.get(idOf(row)) ?? []);
  const known = new Set(kept.map(idOf));
  return [...kept, ...rows.filter((row) => !known.has(idOf(row)))];
}
