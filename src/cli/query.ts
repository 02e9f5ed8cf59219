import { type AdminPort, adminAsk } from '../admin/client.js';
import type { AdminStatus, ChildRow, ClientRow, StreamRow } from '../admin/types.js';
import { type Choice, choose, type List } from './list.js';
import {
  type BoxHosts,
  CHILDREN,
  CLIENTS,
  childrenText,
  clientsText,
  STREAMS,
  streamsText,
} from './lists.js';
import { statusText } from './status-text.js';
import type { Screen } from './table.js';

export interface Query {
  readonly kind: 'status' | 'children' | 'streams' | 'clients';
  /** Order and filters; those of `status` are ignored. */
  readonly choice: Choice;
  readonly port: AdminPort;
  readonly json: boolean;
  readonly screen: Screen;
}

/** Asks a running supervisor; returns text or JSON. @throws ERR_ADMIN, ERR_USAGE */
export function runQuery(query: Query): Promise<string> {
  return QUERIES[query.kind](query);
}

const QUERIES: Readonly<Record<Query['kind'], (query: Query) => Promise<string>>> = {
  status: async (query) => {
    const status = await get<AdminStatus>(query, 'status');
    return query.json ? asJson(status) : statusText(status, Date.now(), query.screen);
  },
  children: (query) => rowsOf(query, CHILDREN, childrenText),
  streams: async (query) => {
    return rowsOf<StreamRow>(query, STREAMS, async (rows, now, screen) => {
      const isLocal = rows.length > 0 && rows.every(({ box }) => box === undefined);
      return streamsText(rows, now, screen, isLocal ? new Map() : await boxHosts(query));
    });
  },
  clients: (query) => rowsOf<ClientRow>(query, CLIENTS, clientsText),
};

type Render<Row> = (rows: Row[], now: number, screen: Screen) => string | Promise<string>;

async function rowsOf<Row extends ChildRow | StreamRow | ClientRow>(
  query: Query,
  list: List<Row>,
  render: Render<Row>,
): Promise<string> {
  const all = await get<Row[]>(query, query.kind);
  const now = Date.now();
  const rows = choose(all, list, query.choice, now);
  return query.json ? asJson(rows) : render(rows, now, query.screen);
}

async function boxHosts(query: Query): Promise<BoxHosts> {
  const { boxes } = await get<AdminStatus>(query, 'status');
  return new Map(boxes.map(({ id, host }) => [id, host]));
}

function get<T>({ port }: Query, path: string): Promise<T> {
  return adminAsk<T>(port, { method: 'GET', path: `/admin/v1/${path}` });
}

function asJson(answer: unknown): string {
  return `${JSON.stringify(answer, null, 2)}\n`;
}
