import { BOXES } from '../box-list.js';
import { compare, type List, type ListColumn } from '../list.js';
import { CHILDREN, CLIENTS, STREAMS } from '../lists.js';
import type { Cell, Column } from '../table.js';
import type { Snapshot } from './rates.js';

export const VIEWS = ['children', 'streams', 'clients', 'boxes'] as const;
export type View = (typeof VIEWS)[number];

/** A line of a view. */
export interface Row {
  /** The id of the child, client or box, or the stream key. */
  readonly id: string;
  readonly cells: readonly Cell[];
}

/** Only rows of this child or stream are shown; both null: all. */
export interface Scope {
  readonly child: string | null;
  readonly stream: string | null;
}

export interface Selection {
  readonly view: View;
  readonly scope: Scope;
  /** Text that a row has to contain, in any case of letters. */
  readonly filter: string;
  /** Index of the column by which rows are sorted. */
  readonly sort: number;
  /** True: numbers from small to large, texts from Z to A. */
  readonly reverse: boolean;
}

/** First column of the order of each view: names of children and boxes, clients, bytes. */
export const FIRST_SORT: Readonly<Record<View, number>> = {
  ...{ children: 0, streams: 3, clients: 6, boxes: 0 },
};

export function columnsOf(view: View): readonly Column[] {
  return { children: CHILDREN, streams: STREAMS, clients: CLIENTS, boxes: BOXES }[view].columns;
}

/** Returns the rows of a view, filtered and sorted. */
export function rowsOf(snapshot: Snapshot, selection: Selection): Row[] {
  const { status, children, streams, clients, at } = snapshot;
  const { view, scope } = selection;
  const isWithin = (row: { readonly child: string | null; readonly stream: string }) =>
    (scope.child === null || row.child === scope.child) &&
    (scope.stream === null || row.stream === scope.stream);
  const chosen = { ...selection, now: at };
  if (view === 'children') return rowsFrom(CHILDREN, children, ({ id }) => id, chosen);
  if (view === 'boxes') return rowsFrom(BOXES, status.boxes, ({ id }) => id, chosen);
  if (view === 'clients') {
    return rowsFrom(CLIENTS, clients?.filter(isWithin) ?? [], ({ id }) => id, chosen);
  }
  return rowsFrom(STREAMS, streams?.filter(isWithin) ?? [], ({ stream }) => stream, chosen);
}

function rowsFrom<T>(
  { columns }: List<T>,
  rows: readonly T[],
  idOf: (row: T) => string,
  { filter, sort, reverse, now }: Selection & { readonly now: number },
): Row[] {
  const turn = reverse ? -1 : 1;
  const sortValue = (row: T) => columns[sort]?.value(row, now) ?? '';
  // Equal rows stay in place: the order of the supervisor's answer may change.
  const order = (a: T, b: T) => compare(sortValue(a), sortValue(b)) || compare(idOf(a), idOf(b));
  const wanted = filter.toLowerCase();
  return [...rows]
    .sort((a, b) => turn * order(a, b))
    .map((row) => ({ id: idOf(row), cells: cellsOf(columns, row, now) }))
    .filter(({ cells }) => textOf(cells).toLowerCase().includes(wanted));
}

function cellsOf<T>(columns: readonly ListColumn<T>[], row: T, now: number): Cell[] {
  return columns.map(({ cell }) => cell(row, now));
}

function textOf(cells: readonly Cell[]): string {
  return cells.map((cell) => (typeof cell === 'string' ? cell : cell.text)).join(' ');
}
