import type { AdminStatus, BoxRow } from '../admin/types.js';
import { formatBits, formatDuration, formatPercent } from './format.js';
import { type List, type ListColumn, listText } from './list.js';
import type { Screen } from './table.js';

/** Boxes that `status` lists, so that its text fits a screen. */
const MOST_LISTED = 6;

type Load = NonNullable<BoxRow['load']>;

/** A column of what a box carries, which a box of an older version does not tell. */
function loadColumn(
  key: string,
  title: string,
  value: (load: Load, now: number) => number,
  text: (load: Load, now: number) => string = (load, now) => String(value(load, now)),
): ListColumn<BoxRow> {
  return {
    ...{ key, title, align: 'right' },
    cell: ({ load }, now) => (load == null ? '-' : text(load, now)),
    value: ({ load }, now) => (load == null ? -1 : value(load, now)),
  };
}

/** The boxes of a cluster. */
export const BOXES: List<BoxRow> = {
  columns: [
    {
      ...{ key: 'box', title: 'BOX', elastic: true },
      cell: ({ host, own }) => (own ? `${host} (this one)` : host),
      value: ({ host }) => host,
    },
    {
      ...{ key: 'state', title: 'STATE' },
      cell: ({ load }) => {
        const state = load?.state ?? '-';
        return { text: state, tone: state === 'ready' ? 'good' : 'warning' };
      },
      value: ({ load }) => load?.state ?? '',
    },
    loadColumn(
      'children',
      'CHILDREN',
      ({ ready }) => ready,
      ({ ready, children }) => `${ready}/${children}`,
    ),
    loadColumn(
      'cpu',
      'CPU',
      ({ cpu }) => cpu,
      ({ cpu }) => formatPercent(cpu),
    ),
    loadColumn('streams', 'STREAMS', ({ streams }) => streams),
    loadColumn('clients', 'CLIENTS', ({ connections }) => connections),
    {
      ...loadColumn(
        'in',
        'IN',
        ({ bitrateIn }) => bitrateIn,
        ({ bitrateIn }) => formatBits(bitrateIn),
      ),
      optional: true,
    },
    loadColumn(
      'out',
      'OUT',
      ({ bitrateOut }) => bitrateOut,
      ({ bitrateOut }) => formatBits(bitrateOut),
    ),
    {
      ...loadColumn(
        'for',
        'FOR',
        ({ since }, now) => now - since,
        ({ since }, now) => formatDuration((now - since) / 1000),
      ),
      optional: true,
    },
  ],
  filters: {},
};

/** Returns the boxes as a table, this one first; '' where there is no cluster. */
export function boxesText({ boxes }: AdminStatus, now: number, screen: Screen): string {
  if (boxes.length === 0) return '';
  const rows = [...boxes].sort((a, b) => Number(b.own) - Number(a.own));
  const left = rows.length - MOST_LISTED;
  const more = left > 0 ? `and ${left} others: srs-supervisor top shows all boxes\n` : '';
  return `\n${listText(rows.slice(0, MOST_LISTED), BOXES.columns, now, screen)}${more}`;
}
