import { writeFile } from 'node:fs/promises';

/** One line of a bench's answer: what was measured, and its numbers by column. */
export interface Row {
  readonly name: string;
  readonly values: Readonly<Record<string, number | string>>;
}

/** Prints the rows as a table and writes them to `bench-NAME.json` in the current directory. */
export async function report(name: string, title: string, rows: readonly Row[]): Promise<void> {
  const columns = [...new Set(rows.flatMap(({ values }) => Object.keys(values)))];
  const cells = [
    ['', ...columns],
    ...rows.map((row) => [row.name, ...columns.map((column) => `${row.values[column] ?? ''}`)]),
  ];
  const widths = cells[0]!.map((_, i) => Math.max(...cells.map((row) => row[i]!.length)));
  console.log(`\n${title}`);
  for (const row of cells) {
    const [first = '', ...rest] = row.map((cell, i) =>
      i === 0 ? cell.padEnd(widths[i]!) : cell.padStart(widths[i]!),
    );
    console.log([first, ...rest].join('  '));
  }
  const file = `bench-${name}.json`;
  const facts = { name, title, node: process.version, date: new Date().toISOString(), rows };
  await writeFile(file, `${JSON.stringify(facts, null, 2)}\n`);
  console.log(`written to ${file}`);
}

export function percentile(sorted: readonly number[], percent: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor((sorted.length * percent) / 100))] ?? 0;
}

export function median(values: readonly number[]): number {
  return percentile(
    [...values].sort((a, b) => a - b),
    50,
  );
}

export function round(value: number, digits = 2): number {
  return Number(value.toFixed(digits));
}
