/** Returns the known name closest to a misspelt one, or null if none is close. */
export function nearest(word: string, names: readonly string[]): string | null {
  const limit = Math.min(3, Math.max(1, Math.floor(word.length / 3)));
  const scored = names
    .map((name) => ({ name, distance: distance(word.toLowerCase(), name.toLowerCase()) }))
    .sort((a, b) => a.distance - b.distance);
  const best = scored[0];
  return best !== undefined && best.distance <= limit ? best.name : null;
}

/** Levenshtein distance; swapping two neighbours counts as one edit. */
function distance(a: string, b: string): number {
  const rows: number[][] = [Array.from({ length: b.length + 1 }, (_, j) => j)];
  for (let i = 1; i <= a.length; i++) rows.push(nextRow(rows, a, b));
  return rows[a.length]?.[b.length] ?? 0;
}

function nextRow(rows: readonly number[][], a: string, b: string): number[] {
  const i = rows.length;
  const above = rows[i - 1] ?? [];
  const row = [i];
  for (let j = 1; j <= b.length; j++) {
    const cost = a[i - 1] === b[j - 1] ? 0 : 1;
    const edits = [at(above, j) + 1, at(row, j - 1) + 1, at(above, j - 1) + cost];
    if (i > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) {
      edits.push(at(rows[i - 2] ?? [], j - 2) + 1);
    }
    row.push(Math.min(...edits));
  }
  return row;
}

function at(row: readonly number[], index: number): number {
  return row[index] ?? Number.POSITIVE_INFINITY;
}
