import type { ConsoleAnswer, StreamLine } from '../../src/console/answer.js';
import { linkColumn, sparkColumn } from './cells.js';
import { ListPane } from './list-pane.js';
import type { Shared } from './pane.js';
import { printRoute } from './route.js';
import { StreamDetailView } from './stream-detail.js';
import { type TableColumn, textColumn } from './table.js';
import { bits, shortAge, shortName, viewersText } from './text.js';

const COLUMNS: readonly TableColumn<StreamLine>[] = [
  linkColumn({ sort: 'stream', title: 'Stream' }, ({ stream }) => ({
    text: shortName(stream),
    href: printRoute('streams', stream),
  })),
  linkColumn({ sort: 'child', title: 'Child' }, ({ child, box }) => ({
    text: box === undefined ? child : `${box} ${child}`,
    href: box === undefined ? printRoute('children', child) : '',
  })),
  textColumn({ sort: 'publisher', title: 'Publisher', look: 'wider' }, publisherText),
  textColumn({ sort: 'bitrate', title: 'Bitrate', look: 'number' }, ({ bitrate }) => bits(bitrate)),
  sparkColumn('10 minutes', 'wide', ({ spark }) => spark),
  textColumn({ sort: 'clients', title: 'Clients', look: 'number' }, (row) => `${row.clients}`),
  textColumn({ sort: null, title: 'Viewers by port', look: 'wider' }, ({ viewers }) =>
    viewersText(viewers),
  ),
  textColumn({ sort: 'since', title: 'Since', look: 'wide number' }, (row, now) =>
    shortAge(row.since, now),
  ),
];

/** Returns the publisher's address, or in words where it is. */
export function publisherText({ publishing, publisher, box }: StreamLine): string {
  if (!publishing) return 'nobody';
  return publisher ?? (box === undefined ? 'in the child' : 'on its box');
}

/** The streams, who publishes them, and how many watch. */
export function makeStreamsPane(shared: Shared): ListPane<StreamLine> {
  const options = {
    ...({ list: 'streams', columns: COLUMNS, sort: 'clients', none: 'no such stream' } as const),
    idOf: ({ stream }: StreamLine) => stream,
    partOf: ({ rows }: ConsoleAnswer) =>
      rows?.streams === undefined ? null : { ...rows, rows: rows.streams },
    detail: (id: string) => new StreamDetailView(id),
  };
  return new ListPane(options, shared);
}
