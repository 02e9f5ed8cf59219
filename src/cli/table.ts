import stringWidth from 'string-width';
import { type Paint, PLAIN, type Tone } from './paint.js';

export interface Column {
  readonly title: string;
  readonly align?: 'left' | 'right';
  /** True: its cells may be cut if the table is too wide. */
  readonly elastic?: boolean;
  /** True: it is left out, before any cell is cut, if the table is too wide. */
  readonly optional?: boolean;
}

/** A cell; with a tone it is coloured where the output has colours. */
export type Cell = string | { readonly text: string; readonly tone: Tone | null };

/** The terminal that a text is for. */
export interface Screen {
  /** Columns; null: it is no terminal, so lines may have any length. */
  readonly width: number | null;
  readonly paint: Paint;
}

/** Lines of any length, without colours. */
export const NO_SCREEN: Screen = { width: null, paint: PLAIN };

const GAP = '  ';
/** Least width, in columns of the terminal, of an elastic column that is cut. */
const LEAST = 8;

/**
 * Formats rows under titles, in columns as narrow as possible. If a row is wider than the screen,
 * optional columns are left out, the last one first; if that is not enough the widest elastic
 * cells are cut and end in `…`. Without a width nothing is left out or cut.
 */
export function table(
  columns: readonly Column[],
  rows: readonly (readonly Cell[])[],
  { width, paint }: Screen,
): string {
  const most = width ?? Number.POSITIVE_INFINITY;
  const texts = [columns.map(({ title }) => title), ...rows.map((row) => row.map(textOf))];
  const natural = naturalWidths(columns, texts);
  const shown = shownColumns(columns, natural, most);
  const widths = fit(columns, natural, { shown, most });
  const lines = texts.map((row, line) => {
    const cells = shown.map((i) => {
      const text = pad(cut(row[i] ?? '', widths[i] ?? 0), widths[i] ?? 0, columns[i]);
      const tone = line === 0 ? 'title' : toneOf(rows[line - 1]?.[i]);
      return { text, tone };
    });
    return paintedLine(cells, paint);
  });
  return `${lines.join('\n')}\n`;
}

/** Replaces control characters: names come from clients and must not control the terminal. */
export function printable(text: string): string {
  return text.replace(/\p{C}/gu, '?');
}

function textOf(cell: Cell): string {
  return printable(typeof cell === 'string' ? cell : cell.text);
}

function toneOf(cell: Cell | undefined): Tone | null {
  return cell === undefined || typeof cell === 'string' ? null : cell.tone;
}

/** Joins cells; blanks at the end of the line are left out, and no blank is painted. */
function paintedLine(cells: readonly { text: string; tone: Tone | null }[], paint: Paint): string {
  const filled = cells.findLastIndex(({ text }) => text.trim() !== '');
  const parts = cells.slice(0, filled + 1).map(({ text, tone }, i) => {
    const shown = i === filled ? text.trimEnd() : text;
    return tone === null ? shown : shown.replace(/\S(?:.*\S)?/su, (word) => paint(word, tone));
  });
  return parts.join(GAP);
}

function naturalWidths(columns: readonly Column[], cells: readonly (readonly string[])[]) {
  return columns.map((_, i) =>
    cells.reduce((most, row) => Math.max(most, columnsOf(row[i] ?? '')), 0),
  );
}

function lineWidth(widths: readonly number[], shown: readonly number[]): number {
  return shown.reduce((sum, i) => sum + (widths[i] ?? 0), GAP.length * (shown.length - 1));
}

/** Returns the indices of the columns that are not left out. */
function shownColumns(columns: readonly Column[], natural: readonly number[], most: number) {
  let shown = columns.map((_, i) => i);
  while (lineWidth(natural, shown) > most) {
    const left = shown.findLast((i) => columns[i]?.optional);
    if (left === undefined) break;
    shown = shown.filter((i) => i !== left);
  }
  return shown;
}

function fit(
  columns: readonly Column[],
  natural: readonly number[],
  { shown, most }: { shown: readonly number[]; most: number },
): number[] {
  const widths = [...natural];
  const elastic = shown.filter((i) => columns[i]?.elastic);
  for (let excess = lineWidth(widths, shown) - most; excess > 0; excess--) {
    const widest = elastic.reduce((a, b) => ((widths[b] ?? 0) > (widths[a] ?? 0) ? b : a), -1);
    if ((widths[widest] ?? 0) <= LEAST) break;
    widths[widest] = (widths[widest] ?? 0) - 1;
  }
  return widths;
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

function pad(text: string, width: number, column: Column | undefined): string {
  const space = ' '.repeat(Math.max(0, width - columnsOf(text)));
  return column?.align === 'right' ? space + text : text + space;
}

const GRAPHEMES = new Intl.Segmenter('en', { granularity: 'grapheme' });

/** Returns the columns of a terminal that a text takes: East Asian letters and emoji take two. */
export function columnsOf(text: string): number {
  return /^[\x20-\x7e]*$/.test(text) ? text.length : stringWidth(text);
}
