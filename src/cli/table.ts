export interface Column {
  readonly title: string;
  readonly align?: 'left' | 'right';
  /** May be cut where the table is too wide. */
  readonly elastic?: boolean;
}

const GAP = '  ';
/** An elastic column is not cut below this. */
const LEAST = 8;

/**
 * Rows under their titles, in columns as narrow as they can be and at most `width` characters a
 * line; where that is too little, the widest elastic cells are cut and end in `…`.
 */
export function table(
  columns: readonly Column[],
  rows: readonly (readonly string[])[],
  width: number,
): string {
  const cells = [columns.map(({ title }) => title), ...rows.map((row) => row.map(printable))];
  const widths = fit(columns, naturalWidths(columns, cells), width);
  const lines = cells.map((row) =>
    columns
      .map((column, i) => pad(cut(row[i] ?? '', widths[i] ?? 0), widths[i] ?? 0, column))
      .join(GAP)
      .trimEnd(),
  );
  return `${lines.join('\n')}\n`;
}

/** Names come from clients: nothing in them may steer the terminal. */
export function printable(text: string): string {
  return text.replace(/\p{C}/gu, '?');
}

function naturalWidths(columns: readonly Column[], cells: readonly (readonly string[])[]) {
  return columns.map((_, i) =>
    cells.reduce((most, row) => Math.max(most, [...(row[i] ?? '')].length), 0),
  );
}

function fit(columns: readonly Column[], natural: readonly number[], width: number): number[] {
  const widths = [...natural];
  const gaps = GAP.length * (columns.length - 1);
  let excess = widths.reduce((sum, each) => sum + each, gaps) - width;
  for (; excess > 0; excess--) {
    const widest = widestElastic(columns, widths);
    if (widest === -1) break;
    widths[widest] = (widths[widest] ?? 0) - 1;
  }
  return widths;
}

function widestElastic(columns: readonly Column[], widths: readonly number[]): number {
  const elastic = widths.map((width, i) => (columns[i]?.elastic ? width : 0));
  const most = Math.max(...elastic);
  return most > LEAST ? elastic.indexOf(most) : -1;
}

function cut(text: string, width: number): string {
  const letters = [...text];
  return letters.length <= width ? text : `${letters.slice(0, width - 1).join('')}…`;
}

function pad(text: string, width: number, { align }: Column): string {
  const space = ' '.repeat(Math.max(0, width - [...text].length));
  return align === 'right' ? space + text : text + space;
}
