import { formatBytes } from '../../src/cli/format.js';
import type { ClientLine, ConsoleAnswer } from '../../src/console/answer.js';
import { linkColumn, stateColumn } from './cells.js';
import { askAndOrder } from './dialog.js';
import { makeButton, setAttribute } from './elements.js';
import { ListPane } from './list-pane.js';
import type { Shared } from './pane.js';
import { printRoute } from './route.js';
import { type TableColumn, textColumn } from './table.js';
import { shortAge, shortName } from './text.js';

function kick({ id, client, role, stream }: ClientLine): void {
  const does = { publish: 'publishes', backup: 'is the backup of' }[role] ?? 'plays';
  askAndOrder({
    words: `Kick ${client}, which ${does} ${shortName(stream)}?`,
    verb: 'Kick',
    path: 'kick',
    body: { client: id },
    done: `${client} was kicked`,
  });
}

const KICK: TableColumn<ClientLine> = {
  ...{ sort: null, title: 'Order', look: 'action' },
  cell: () => {
    let shown: ClientLine | null = null;
    const element = makeButton('Kick', () => {
      if (shown !== null) kick(shown);
    });
    const show = (row: ClientLine) => {
      shown = row;
      setAttribute(element, 'aria-label', `Kick ${row.client}`);
    };
    return { element, show };
  },
};

const COLUMNS: readonly TableColumn<ClientLine>[] = [
  textColumn({ sort: 'client', title: 'Address' }, ({ client }) => client),
  textColumn({ sort: 'port', title: 'Port' }, ({ port }) => port),
  stateColumn({ sort: 'role', title: 'Role', look: 'wide' }, ({ role }) => role),
  linkColumn({ sort: 'stream', title: 'Stream', look: 'wide' }, ({ stream }) => ({
    text: shortName(stream),
    href: printRoute('streams', stream),
  })),
  linkColumn({ sort: 'child', title: 'Child', look: 'wide' }, ({ child }) => ({
    text: child ?? 'waits',
    href: child === null ? '' : printRoute('children', child),
  })),
  textColumn({ sort: 'bytes', title: 'Media', look: 'wide number' }, (row) =>
    formatBytes(row.role === 'play' ? row.bytesOut : row.bytesIn),
  ),
  textColumn({ sort: 'since', title: 'Since', look: 'wider number' }, (row, now) =>
    shortAge(row.since, now),
  ),
  textColumn({ sort: 'id', title: 'Id', look: 'wider' }, ({ id }) => id),
  KICK,
];

/** The clients, each of which can be closed. */
export function makeClientsPane(shared: Shared): ListPane<ClientLine> {
  const options = {
    ...({ list: 'clients', columns: COLUMNS, sort: 'bytes', none: 'no such client' } as const),
    idOf: ({ id }: ClientLine) => id,
    partOf: ({ rows }: ConsoleAnswer) =>
      rows?.clients === undefined ? null : { ...rows, rows: rows.clients },
  };
  return new ListPane(options, shared);
}
