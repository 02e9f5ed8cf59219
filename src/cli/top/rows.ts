import { conditionOf } from '../../admin/notes.js';
import type { ChildRow } from '../../admin/types.js';
import { formatCpuList } from '../../cpu/cpuset.js';
import type { ConnectionRow } from '../../listener/listener.js';
import type { StreamStatus } from '../../placement/types.js';
import { DEFAULT_VHOST, type StreamKey } from '../../stream-key.js';
import { formatBitrate, formatBytes, formatDuration, formatPercent } from '../format.js';
import type { Column } from '../table.js';
import { NO_RATE, type Rates, type Snapshot } from './rates.js';

export const VIEWS = ['children', 'streams', 'clients'] as const;
export type View = (typeof VIEWS)[number];

/** A line of a view. */
export interface Row {
  /** The child's id, the stream key, or the client's id. */
  readonly id: string;
  readonly cells: readonly string[];
  /** The values by which its columns are sorted. */
  readonly values: readonly (string | number)[];
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
  /** Column by which rows are sorted. */
  readonly sort: number;
  /** True: numbers from small to large, texts from Z to A. */
  readonly reverse: boolean;
}

/** A column: its title, and what a row has there, as text and for sorting. */
interface Field<T> extends Column {
  readonly value: (row: T, facts: Facts) => string | number;
  readonly text?: (value: number) => string;
}

interface Facts {
  readonly rates: Rates;
  readonly now: number;
}

const right = { align: 'right' } as const;

const CHILDREN: readonly Field<ChildRow>[] = [
  { title: 'CHILD', value: ({ id }) => id },
  { title: 'STATE', value: conditionOf },
  { title: 'CPUS', elastic: true, value: ({ cpus }) => formatCpuList(cpus) || '-' },
  { title: 'CPU', ...right, value: ({ cpu }) => cpu, text: formatPercent },
  { title: 'MEMORY', ...right, value: ({ rss }) => rss, text: formatBytes },
  { title: 'STREAMS', ...right, value: ({ streams }) => streams },
  { title: 'CLIENTS', ...right, value: ({ clients }) => clients },
  { title: 'BITRATE', ...right, value: ({ bitrate }) => bitrate, text: formatBitrate },
  {
    title: 'FOR',
    ...right,
    value: ({ since }, { now }) => (now - since) / 1000,
    text: formatDuration,
  },
];

const STREAMS: readonly Field<StreamStatus>[] = [
  { title: 'STREAM', elastic: true, value: ({ stream }) => shortName(stream) },
  { title: 'CHILD', value: ({ child }) => child },
  { title: 'LIVE', value: ({ publishing }) => (publishing ? 'yes' : 'no') },
  { title: 'CLIENTS', ...right, value: ({ clients }) => clients },
  { title: 'IN', ...right, value: inOf, text: formatBitrate },
  { title: 'OUT', ...right, value: outOf, text: formatBitrate },
  {
    title: 'FOR',
    ...right,
    value: ({ since }, { now }) => (now - since) / 1000,
    text: formatDuration,
  },
];

const CLIENTS: readonly Field<ConnectionRow>[] = [
  { title: 'CLIENT', value: ({ id }) => id },
  { title: 'ADDRESS', elastic: true, value: ({ client }) => client },
  { title: 'ROLE', value: ({ role }) => role ?? '-' },
  {
    title: 'STREAM',
    elastic: true,
    value: ({ stream }) => (stream === null ? '-' : shortName(stream)),
  },
  { title: 'CHILD', value: ({ child }) => child ?? '-' },
  { title: 'BITRATE', ...right, value: clientBitrate, text: formatBitrate },
  {
    title: 'FOR',
    ...right,
    value: ({ since }, { now }) => (now - since) / 1000,
    text: formatDuration,
  },
];

const FIELDS = { children: CHILDREN, streams: STREAMS, clients: CLIENTS };

/** The column that each view is sorted by at first. */
export const FIRST_SORT: Readonly<Record<View, number>> = { children: 0, streams: 3, clients: 5 };

export function columnsOfView(view: View): readonly Column[] {
  return FIELDS[view];
}

/** Returns the rows of a view, filtered and sorted. */
export function rowsOf(snapshot: Snapshot, rates: Rates, selection: Selection): Row[] {
  const facts = { rates, now: snapshot.at };
  const rows = allRows(snapshot, facts, selection);
  const wanted = selection.filter.toLowerCase();
  const found = rows.filter(({ cells }) => cells.join(' ').toLowerCase().includes(wanted));
  const turn = selection.reverse ? -1 : 1;
  return found.sort((a, b) => turn * compare(a, b, selection.sort));
}

function allRows(snapshot: Snapshot, facts: Facts, { view, scope }: Selection): Row[] {
  const isWithin = (row: { readonly child: string | null; readonly stream: string | null }) =>
    (scope.child === null || row.child === scope.child) &&
    (scope.stream === null || row.stream === scope.stream);
  if (view === 'children') {
    return snapshot.children.map((row) => rowFrom(row.id, row, CHILDREN, facts));
  }
  if (view === 'streams') {
    const streams = snapshot.streams?.filter(isWithin) ?? [];
    return streams.map((row) => rowFrom(row.stream, row, STREAMS, facts));
  }
  const clients = snapshot.clients?.filter(isWithin) ?? [];
  return clients.map((row) => rowFrom(row.id, row, CLIENTS, facts));
}

function rowFrom<T>(id: string, row: T, fields: readonly Field<T>[], facts: Facts): Row {
  const values = fields.map(({ value }) => value(row, facts));
  const cells = fields.map(({ text }, i) => {
    const value = values[i] ?? '';
    return typeof value === 'number' && text !== undefined ? text(value) : String(value);
  });
  return { id, cells, values };
}

/** Large numbers first, texts by the alphabet, equal ones by id so that they stay in place. */
function compare(a: Row, b: Row, column: number): number {
  const [one, other] = [a.values[column], b.values[column]];
  if (typeof one === 'number' && typeof other === 'number' && one !== other) return other - one;
  const order = typeof one === 'string' ? one.localeCompare(String(other)) : 0;
  return order || a.id.localeCompare(b.id, 'en', { numeric: true });
}

/** Returns `app/stream`, and the vhost before it only if that is not the default one. */
function shortName(stream: StreamKey): string {
  const vhost = `${DEFAULT_VHOST}/`;
  return stream.startsWith(vhost) ? stream.slice(vhost.length) : stream;
}

function inOf({ stream }: StreamStatus, { rates }: Facts): number {
  return (rates.streams.get(stream) ?? NO_RATE).in;
}

function outOf({ stream }: StreamStatus, { rates }: Facts): number {
  return (rates.streams.get(stream) ?? NO_RATE).out;
}

function clientBitrate({ id }: ConnectionRow, { rates }: Facts): number {
  const rate = rates.clients.get(id) ?? NO_RATE;
  return rate.in + rate.out;
}
