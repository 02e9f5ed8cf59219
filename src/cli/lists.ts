import { conditionOf, notesOf } from '../admin/notes.js';
import type { ChildNote, ChildRow, ClientRow, StreamRow } from '../admin/types.js';
import { formatCpuList } from '../cpu/cpuset.js';
import { DEFAULT_VHOST } from '../stream-key.js';
import { formatAge, formatBits, formatBytes, formatDuration, formatPercent } from './format.js';
import { type List, type ListColumn, listText } from './list.js';
import type { Tone } from './paint.js';
import { printable, type Screen } from './table.js';
import { wrapped } from './wrap.js';

/** Hosts of all boxes by their ids; empty: there is one box. */
export type BoxHosts = ReadonlyMap<string, string>;

const TONES: Partial<Record<ChildNote['state'], Tone>> = {
  ready: 'good',
  failed: 'bad',
  broken: 'bad',
};

export const CHILDREN: List<ChildRow> = {
  columns: [
    { key: 'child', title: 'CHILD', cell: ({ id }) => id, value: ({ id }) => id },
    {
      key: 'state',
      title: 'STATE',
      cell: (row) => ({ text: conditionOf(row), tone: TONES[conditionOf(row)] ?? 'warning' }),
      value: conditionOf,
    },
    {
      ...{ key: 'pid', title: 'PID', align: 'right', optional: true },
      cell: ({ pid }) => (pid === null ? '-' : String(pid)),
      value: ({ pid }) => pid ?? 0,
    },
    {
      ...{ key: 'cpus', title: 'CPUS', elastic: true },
      cell: ({ cpus }) => (cpus.length === 0 ? '-' : formatCpuList(cpus)),
      value: ({ cpus }) => -(cpus[0] ?? 0),
    },
    {
      ...{ key: 'cpu', title: 'CPU', align: 'right' },
      cell: ({ cpu }) => formatPercent(cpu),
      value: ({ cpu }) => cpu,
    },
    {
      ...{ key: 'memory', title: 'MEMORY', align: 'right' },
      cell: ({ rss }) => formatBytes(rss),
      value: ({ rss }) => rss,
    },
    {
      ...{ key: 'streams', title: 'STREAMS', align: 'right' },
      cell: ({ streams }) => String(streams),
      value: ({ streams }) => streams,
    },
    {
      ...{ key: 'clients', title: 'CLIENTS', align: 'right' },
      cell: ({ clients }) => String(clients),
      value: ({ clients }) => clients,
    },
    {
      ...{ key: 'bitrate', title: 'BITRATE', align: 'right', optional: true },
      cell: ({ bitrate }) => formatBits(bitrate),
      value: ({ bitrate }) => bitrate,
    },
    {
      ...{ key: 'restarts', title: 'RESTARTS', align: 'right' },
      cell: ({ restarts }) => String(restarts),
      value: ({ restarts }) => restarts,
    },
  ],
  filters: { state: (row, wanted) => conditionOf(row) === wanted },
};

/** Returns the table of the children, and below it those that are not simply ready, and why. */
export function childrenText(rows: readonly ChildRow[], now: number, screen: Screen): string {
  if (rows.length === 0) return 'no such child\n';
  const notes = [
    ...notesOf(rows).map((note) => noteText(note, now)),
    ...rows.flatMap((child) => lastErrorLines(child, now)),
  ].map((note) => `${wrapped(printable(note), screen.width)}\n`);
  const below = notes.length > 0 ? ['\n', ...notes] : [];
  return [listText(rows, CHILDREN.columns, now, screen), ...below].join('');
}

/** Returns `c002 broken for 3m 5s: it crashed …`. */
export function noteText({ id, state, since, why }: ChildNote, now: number): string {
  const reason = why === null ? '' : `: ${why}`;
  return `${id} ${state} for ${formatDuration((now - since) / 1000)}${reason}`;
}

/** Returns `c001: last error 2m ago: killed by SIGKILL`; an older supervisor tells no time. */
function lastErrorLines({ id, lastError, lastErrorAt }: ChildRow, now: number): string[] {
  if (lastError === null) return [];
  const known = typeof lastErrorAt === 'number';
  const ago = known ? ` ${formatAge((now - lastErrorAt) / 1000)} ago` : '';
  return [`${id}: last error${ago}: ${lastError}`];
}

/** A stream that an older supervisor tells of has neither publisher nor bitrate. */
export const STREAMS: List<StreamRow> = {
  columns: [
    {
      ...{ key: 'stream', title: 'STREAM', elastic: true },
      cell: ({ stream }) => shortName(stream),
      value: ({ stream }) => stream,
    },
    { key: 'child', title: 'CHILD', cell: ({ child }) => child, value: ({ child }) => child },
    {
      ...{ key: 'publisher', title: 'PUBLISHER' },
      cell: (row) => ({ text: publisherText(row), tone: row.publishing ? null : 'warning' }),
      value: publisherText,
    },
    {
      ...{ key: 'clients', title: 'CLIENTS', align: 'right' },
      cell: ({ clients }) => String(clients),
      value: ({ clients }) => clients,
    },
    {
      ...{ key: 'bitrate', title: 'BITRATE', align: 'right' },
      cell: ({ bitrate }) => (typeof bitrate === 'number' ? formatBits(bitrate) : '-'),
      value: ({ bitrate }) => bitrate ?? 0,
    },
    {
      ...{ key: 'for', title: 'FOR', align: 'right' },
      cell: ({ since }, now) => formatDuration((now - since) / 1000),
      value: ({ since }, now) => now - since,
    },
  ],
  filters: {
    child: ({ child, box }, wanted) => child === wanted && box === undefined,
    stream: ({ stream }, wanted) => stream.includes(wanted),
  },
};

const NO_STREAMS_HERE =
  'no streams on this box, and none of other boxes that it serves; they tell of theirs by --admin\n';

/** Returns the publisher's address, or in words where it is. */
function publisherText({ publishing, publisher, box }: StreamRow): string {
  if (!publishing) return 'none';
  return publisher ?? (box === undefined ? 'in the child' : 'on its box');
}

/** Formats streams as a table; where other boxes own some, with their hosts. */
export function streamsText(
  rows: readonly StreamRow[],
  now: number,
  screen: Screen,
  hosts: BoxHosts = new Map(),
): string {
  if (rows.length === 0) return hosts.size > 1 ? NO_STREAMS_HERE : 'no streams\n';
  const [first, ...others] = STREAMS.columns;
  const box: ListColumn<StreamRow> = {
    ...{ key: 'box', title: 'BOX' },
    cell: (row) => (row.box === undefined ? 'this one' : (hosts.get(row.box) ?? row.box)),
    value: (row) => row.box ?? '',
  };
  const isShared = rows.some((row) => row.box !== undefined);
  const columns = first !== undefined && isShared ? [first, box, ...others] : STREAMS.columns;
  const notes = rows.flatMap((row) => [...backupNote(row), ...fanoutNote(row)]);
  const below =
    notes.length > 0
      ? ['\n', ...notes.map((note) => `${wrapped(printable(note), screen.width)}\n`)]
      : [];
  return [listText(rows, columns, now, screen), ...below].join('');
}

/** Returns `live/cam: 10.0.0.9:4711 waits as its backup`. */
function backupNote({ stream, backup }: StreamRow): string[] {
  return backup === undefined ? [] : [`${shortName(stream)}: ${backup} waits as its backup`];
}

/** Returns `live/cam: 97 viewers share 1 connection to c001, …`. */
function fanoutNote({ stream, child, fanout }: StreamRow): string[] {
  if (fanout === undefined) return [];
  const { viewers, feeds, skipped, ringBytes } = fanout;
  const connections = feeds === 1 ? '1 connection' : `${feeds} connections`;
  const share = `${viewers} viewers share ${connections} to ${child}`;
  const kept = `${formatBytes(ringBytes)} kept, ${skipped} times one fell behind`;
  return [`${shortName(stream)}: ${share}, ${kept}`];
}

/** Returns a stream's name as its URLs have it: without the default vhost. */
export function shortName(stream: string): string {
  const prefix = `${DEFAULT_VHOST}/`;
  return stream.startsWith(prefix) ? stream.slice(prefix.length) : stream;
}

export const CLIENTS: List<ClientRow> = {
  columns: [
    { key: 'client', title: 'CLIENT', cell: ({ id }) => id, value: ({ id }) => id },
    {
      ...{ key: 'address', title: 'ADDRESS', elastic: true },
      cell: ({ client }) => client,
      value: ({ client }) => client,
    },
    {
      ...{ key: 'port', title: 'PORT', optional: true },
      cell: ({ port }) => port,
      value: ({ port }) => port,
    },
    { key: 'role', title: 'ROLE', cell: ({ role }) => role, value: ({ role }) => role },
    {
      ...{ key: 'stream', title: 'STREAM', elastic: true },
      cell: ({ stream }) => shortName(stream),
      value: ({ stream }) => stream,
    },
    {
      ...{ key: 'child', title: 'CHILD' },
      cell: ({ child }) => child ?? { text: 'waits', tone: 'warning' },
      value: ({ child }) => child ?? '',
    },
    {
      ...{ key: 'bytes', title: 'BYTES', align: 'right' },
      cell: (row) => formatBytes(mediaOf(row)),
      value: mediaOf,
    },
    {
      ...{ key: 'for', title: 'FOR', align: 'right', optional: true },
      cell: ({ since }, now) => formatDuration((now - since) / 1000),
      value: ({ since }, now) => now - since,
    },
  ],
  filters: {
    child: ({ child }, wanted) => child === wanted,
    stream: ({ stream }, wanted) => stream.includes(wanted),
    ip: ({ client }, wanted) => addressOf(client) === wanted,
    role: ({ role }, wanted) => role === wanted,
  },
};

/** Returns the IP address of `ip:port`, `[ip6]:port` or an address alone. */
function addressOf(client: string): string {
  return client.replace(/^(?:\[(.*)\]|([^:]*)):\d+$/, '$1$2');
}

/** Returns the bytes in the direction of a client's media. */
function mediaOf({ role, bytesIn, bytesOut }: ClientRow): number {
  return role === 'play' ? bytesOut : bytesIn;
}

export function clientsText(rows: readonly ClientRow[], now: number, screen: Screen): string {
  return rows.length === 0 ? 'no clients\n' : listText(rows, CLIENTS.columns, now, screen);
}
