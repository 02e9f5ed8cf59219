import { SupervisorError } from '../errors.js';
import { type Cell, type Column, type Screen, table } from './table.js';

/** A column of a list: how it shows a row, and how rows are ordered by it. */
export interface ListColumn<Row> extends Column {
  /** Its name for `--sort`. */
  readonly key: string;
  /** `now`: milliseconds since 1970. */
  readonly cell: (row: Row, now: number) => Cell;
  /** Numbers are ordered from the highest down, texts from `a` up. */
  readonly value: (row: Row, now: number) => number | string;
}

/** Returns whether a row is one of those that an option asks for. */
type Filter<Row> = (row: Row, wanted: string) => boolean;

/** A list of rows that can be ordered, filtered and cut. */
export interface List<Row> {
  readonly columns: readonly ListColumn<Row>[];
  /** By the option's name without dashes. */
  readonly filters: Readonly<Record<string, Filter<Row>>>;
}

/** Order and selection of a list's rows, as the command line has them. */
export interface Choice {
  readonly sort?: string | undefined;
  readonly reverse?: boolean | undefined;
  readonly limit?: string | undefined;
  /** By the option's name; undefined: not given. */
  readonly filters?: Readonly<Record<string, string | undefined>> | undefined;
}

/** Returns the rows that are wanted, in the wanted order. @throws ERR_USAGE */
export function choose<Row>(
  rows: readonly Row[],
  { columns, filters }: List<Row>,
  choice: Choice,
  now: number,
): Row[] {
  const wanted = Object.entries(choice.filters ?? {});
  const kept = rows.filter((row) =>
    wanted.every(([name, value]) => value === undefined || filters[name]?.(row, value) !== false),
  );
  const column = sortColumn(columns, choice.sort);
  if (column !== undefined)
    kept.sort((a, b) => compare(column.value(a, now), column.value(b, now)));
  if (choice.reverse) kept.reverse();
  return kept.slice(0, limitOf(choice.limit));
}

/** Formats rows as a table. */
export function listText<Row>(
  rows: readonly Row[],
  columns: readonly ListColumn<Row>[],
  now: number,
  screen: Screen,
): string {
  const cells = rows.map((row) => columns.map(({ cell }) => cell(row, now)));
  return table(columns, cells, screen);
}

function sortColumn<Row>(columns: readonly ListColumn<Row>[], sort: string | undefined) {
  const found = columns.find(({ key }) => key === sort);
  if (found !== undefined || sort === undefined) return found;
  const keys = columns.map(({ key }) => key).join(', ');
  throw new SupervisorError('ERR_USAGE', `--sort: must be one of ${keys}, got "${sort}"`);
}

/** Orders numbers from the highest down, texts from `a` up. */
export function compare(a: number | string, b: number | string): number {
  if (typeof a === 'number' && typeof b === 'number') return b - a;
  return String(a) < String(b) ? -1 : String(a) > String(b) ? 1 : 0;
}

function limitOf(text: string | undefined): number {
  if (text === undefined) return Number.POSITIVE_INFINITY;
  if (/^[1-9]\d{0,6}$/.test(text)) return Number(text);
  throw new SupervisorError(
    'ERR_USAGE',
    `--limit: must be a whole number 1-9999999, got "${text}"`,
  );
}
