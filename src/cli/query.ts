import { type AnswerOf, adminRead } from '../admin/answers.js';
import type { AdminPort } from '../admin/client.js';
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
    const status = await adminRead(query.port, 'status');
    return query.json ? asJson(status) : statusText(status, Date.now(), query.screen);
  },
  children: (query) => rowsOf(query, 'children', CHILDREN, childrenText),
  streams: async (query) => {
    return rowsOf(query, 'streams', STREAMS, async (rows, now, screen) => {
      const isLocal = rows.length > 0 && rows.every(({ box }) => box === undefined);
      return streamsText(rows, now, screen, isLocal ? new Map() : await boxHosts(query));
    });
  },
  clients: (query) => rowsOf(query, 'clients', CLIENTS, clientsText),
};

type ListPath = Exclude<Query['kind'], 'status'>;
type RowOf<P extends ListPath> = AnswerOf<P>[number];
type Render<Row> = (rows: Row[], now: number, screen: Screen) => string | Promise<string>;

async function rowsOf<P extends ListPath>(
  query: Query,
  path: P,
  list: List<RowOf<P>>,
  render: Render<RowOf<P>>,
): Promise<string> {
  const all: readonly RowOf<P>[] = await adminRead(query.port, path);
  const now = Date.now();
  const rows = choose(all, list, query.choice, now);
  return query.json ? asJson(rows) : render(rows, now, query.screen);
}

async function boxHosts({ port }: Query): Promise<BoxHosts> {
  const { boxes } = await adminRead(port, 'status');
  return new Map(boxes.map(({ id, host }) => [id, host]));
}

function asJson(answer: unknown): string {
  return `${JSON.stringify(answer, null, 2)}\n`;
}
