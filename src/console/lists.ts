import { conditionOf } from '../admin/notes.js';
import type { ChildRow, ClientRow, StreamRow } from '../admin/types.js';

/** A window of a list, as the page asks for it. */
export interface Wish {
  readonly sort: string;
  readonly reverse: boolean;
  /** Text that a row has to contain, in small letters; '': all rows. */
  readonly filter: string;
  /** Only rows of this child or stream; null: all. */
  readonly child: string | null;
  readonly stream: string | null;
}

type Value = string | number;

/** How the rows of a list are told apart, ordered and filtered. */
export interface ListRules<T> {
  readonly id: (row: T) => string;
  /** The child and the stream that a row belongs to; null: none. */
  readonly of: (row: T) => Pick<Wish, 'child' | 'stream'>;
  readonly sorts: Readonly<Record<string, (row: T) => Value>>;
  /** Texts in which a filter is looked for. */
  readonly texts: (row: T) => readonly (string | null)[];
}

/** Numbers come from the highest down, so that the busiest rows are first. */
export const CHILDREN: ListRules<ChildRow> = {
  id: ({ id }) => id,
  of: ({ id }) => ({ child: id, stream: null }),
  sorts: {
    id: ({ id }) => id,
    state: conditionOf,
    cpus: ({ cpus }) => -(cpus[0] ?? 1e6),
    cpu: ({ cpu }) => cpu,
    rss: ({ rss }) => rss,
    streams: ({ streams }) => streams,
    clients: ({ clients }) => clients,
    bitrate: ({ bitrate }) => bitrate,
    restarts: ({ restarts }) => restarts,
    since: ({ since }) => -since,
  },
  texts: (row) => [row.id, conditionOf(row), row.why, `pid ${row.pid}`],
};

export const STREAMS: ListRules<StreamRow> = {
  id: ({ stream }) => stream,
  of: ({ child, stream }) => ({ child, stream }),
  sorts: {
    stream: ({ stream }) => stream,
    child: ({ child }) => child,
    publisher: ({ publisher }) => publisher ?? '~',
    bitrate: ({ bitrate }) => bitrate ?? -1,
    clients: ({ clients }) => clients,
    since: ({ since }) => -since,
  },
  texts: ({ stream, child, publisher }) => [stream, child, publisher],
};

export const CLIENTS: ListRules<ClientRow> = {
  id: ({ id }) => id,
  of: ({ child, stream }) => ({ child, stream }),
  sorts: {
    id: ({ id }) => id,
    client: ({ client }) => client,
    port: ({ port }) => port,
    role: ({ role }) => role,
    stream: ({ stream }) => stream,
    child: ({ child }) => child ?? '~',
    bytes: ({ role, bytesIn, bytesOut }) => (role === 'play' ? bytesOut : bytesIn),
    since: ({ since }) => -since,
  },
  texts: ({ id, client, port, role, stream, child }) => [id, client, port, role, stream, child],
};

/** Returns the rows that a wish wants, in its order. Unknown orders leave rows as they are. */
export function chosen<T>(rows: readonly T[], rules: ListRules<T>, wish: Wish): readonly T[] {
  const { id, sorts } = rules;
  const kept = rows.filter((row) => isWanted(row, rules, wish));
  const value = Object.hasOwn(sorts, wish.sort) ? sorts[wish.sort] : undefined;
  if (value === undefined) return kept;
  const turn = wish.reverse ? -1 : 1;
  return kept
    .map((row) => ({ row, value: value(row), key: id(row) }))
    .sort((a, b) => turn * (compare(a.value, b.value) || compare(a.key, b.key)))
    .map(({ row }) => row);
}

function isWanted<T>(row: T, { of, texts }: ListRules<T>, wish: Wish): boolean {
  const { filter, child, stream } = wish;
  if (child !== null && of(row).child !== child) return false;
  if (stream !== null && of(row).stream !== stream) return false;
  return filter === '' || texts(row).some((text) => text?.toLowerCase().includes(filter));
}

/** Orders numbers from the highest down, texts from `a` up. */
function compare(a: Value, b: Value): number {
  if (a === b) return 0;
  const isLess = a < b;
  return typeof a === 'number' ? (isLess ? 1 : -1) : isLess ? -1 : 1;
}
