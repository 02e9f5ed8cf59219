import { formatBytes } from '../../src/cli/format.js';
import type { ChildLine, ConsoleAnswer } from '../../src/console/answer.js';
import { linkColumn, loadColumn, sparkColumn, stateColumn } from './cells.js';
import { ChildDetailView } from './child-detail.js';
import { ListPane } from './list-pane.js';
import type { Shared } from './pane.js';
import { printRoute } from './route.js';
import { type TableColumn, textColumn } from './table.js';
import { bits, shortAge } from './text.js';

const COLUMNS: readonly TableColumn<ChildLine>[] = [
  linkColumn({ sort: 'id', title: 'Child' }, ({ id }) => ({
    text: id,
    href: printRoute('children', id),
  })),
  stateColumn({ sort: 'state', title: 'State' }, ({ state }) => state),
  textColumn({ sort: 'cpus', title: 'CPU', look: 'wide number' }, ({ cpus }) =>
    cpus.length === 0 ? '–' : cpus.join(' '),
  ),
  loadColumn({ sort: 'cpu', title: 'Load', look: 'number' }, ({ cpu }) => cpu),
  sparkColumn('10 minutes', 'wider', ({ spark }) => spark, 100),
  textColumn({ sort: 'streams', title: 'Streams', look: 'number' }, (row) => `${row.streams}`),
  textColumn({ sort: 'clients', title: 'Clients', look: 'number' }, (row) => `${row.clients}`),
  textColumn({ sort: 'bitrate', title: 'Bitrate', look: 'wide number' }, (row) =>
    bits(row.bitrate),
  ),
  textColumn({ sort: 'rss', title: 'Memory', look: 'wider number' }, (row) => formatBytes(row.rss)),
  textColumn({ sort: 'restarts', title: 'Restarts', look: 'wider number' }, (row) =>
    String(row.restarts),
  ),
  textColumn({ sort: 'since', title: 'Since', look: 'wider number' }, (row, now) =>
    shortAge(row.since, now),
  ),
];

/** The children, and what one can do with them. */
export function makeChildrenPane(shared: Shared): ListPane<ChildLine> {
  const options = {
    ...({ list: 'children', columns: COLUMNS, sort: 'id', none: 'no such child' } as const),
    idOf: ({ id }: ChildLine) => id,
    partOf: ({ rows }: ConsoleAnswer) =>
      rows?.children === undefined ? null : { ...rows, rows: rows.children },
    detail: (id: string) => new ChildDetailView(id),
  };
  return new ListPane(options, shared);
}
