export interface Column {
  readonly title: string;
  readonly align?: 'left' | 'right';
  /** True: its cells may be cut if the table is too wide. */
  readonly elastic?: boolean;
}

const GAP = '  ';
/** Least width, in columns of the terminal, of an elastic column that is cut. */
const LEAST = 8;

/**
 * Formats rows under titles, in columns as narrow as possible. If a row is wider than `width`
 * columns of a terminal, the widest elastic cells are cut and end in `…`. Null: nothing is cut.
 */
export function table(
  columns: readonly Column[],
  rows: readonly (readonly string[])[],
  width: number | null,
): string {
  const cells = [columns.map(({ title }) => title), ...rows.map((row) => row.map(printable))];
  const widths = fit(columns, naturalWidths(columns, cells), width ?? Number.POSITIVE_INFINITY);
  const lines = cells.map((row) =>
    columns
      .map((column, i) => pad(cut(row[i] ?? '', widths[i] ?? 0), widths[i] ?? 0, column))
      .join(GAP)
      .trimEnd(),
  );
  return `${lines.join('\n')}\n`;
}

/** Replaces control characters: names come from clients and must not control the terminal. */
export function printable(text: string): string {
  return text.replace(/\p{C}/gu, '?');
}

function naturalWidths(columns: readonly Column[], cells: readonly (readonly string[])[]) {
  return columns.map((_, i) =>
    cells.reduce((most, row) => Math.max(most, columnsOf(row[i] ?? '')), 0),
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

/** Cuts a text that has more columns; it then ends in `…`. */
export function cut(text: string, width: number): string {
  if (columnsOf(text) <= width) return text;
  let [kept, used] = ['', 0];
  for (const { segment } of GRAPHEMES.segment(text)) {
    used += columnsOf(segment);
    if (used > width - 1) break;
    kept += segment;
  }
  return `${kept}…`;
}

function pad(text: string, width: number, { align }: Column): string {
  const space = ' '.repeat(Math.max(0, width - columnsOf(text)));
  return align === 'right' ? space + text : text + space;
}

const GRAPHEMES = new Intl.Segmenter('en', { granularity: 'grapheme' });
/** Wide and fullwidth characters (Unicode annex 11) and emoji, which take two columns each. */
const WIDE =
  /^[\u1100-\u115f\u2e80-\u303e\u3041-\u33ff\u3400-\u4dbf\u4e00-\u9fff\ua000-\ua4cf\ua960-\ua97f\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6\u{17000}-\u{18aff}\u{1b000}-\u{1b2ff}\u{20000}-\u{3fffd}\p{Emoji_Presentation}]/u;

/** Returns the columns of a terminal that a text takes; a letter with its marks takes one. */
export function columnsOf(text: string): number {
  if (/^[\x20-\x7e]*$/.test(text)) return text.length;
  let columns = 0;
  for (const { segment } of GRAPHEMES.segment(text)) columns += WIDE.test(segment) ? 2 : 1;
  return columns;
}
