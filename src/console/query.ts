import { z } from 'zod';
import { readFields, whole } from '../admin/order-body.js';
import type { ListName } from './answer.js';
import type { Wish } from './lists.js';

/** Parts of the answer that a page asks for. */
export interface ConsoleQuery {
  /** Number of the newest sample that the page has. */
  readonly since: number;
  readonly shape: boolean;
  readonly load: boolean;
  readonly ports: boolean;
  /** Null: no list is shown. */
  readonly list: ListName | null;
  readonly wish: Wish;
  readonly offset: number;
  readonly limit: number;
  /** Child and stream whose details are shown; null: none. */
  readonly openChild: string | null;
  readonly openStream: string | null;
}

/** Rows of a window; a wall shows about 100. */
const MOST_ROWS = 200;
const MOST_NUMBER = 1e9;
/** Longest text of a filter or name. */
const MOST_TEXT = 1024;

const RULE = `must be a text of at most ${MOST_TEXT} characters, once`;
const text = z.string(RULE).max(MOST_TEXT, RULE).optional();
const flag = whole(0, 1).default(0);
const list = z.enum(['children', 'streams', 'clients'], 'must be children, streams or clients');

export const QUERY = z.object({
  since: whole(0, MOST_NUMBER).default(0).describe('only samples of the box after that number'),
  shape: flag.describe('1: the CPUs in groups'),
  load: flag.describe('1: the load of each child and relay thread'),
  ports: flag.describe('1: the ports'),
  list: list.optional().describe('a list of which rows are wanted'),
  sort: text.describe('column that it is ordered by'),
  reverse: flag.describe('1: in the other direction'),
  filter: text.describe('only rows with this text'),
  child: text.describe('only rows of this child'),
  stream: text.describe('only rows of this stream, by its whole key'),
  offset: whole(0, MOST_NUMBER).default(0).describe('index of the first row'),
  limit: whole(0, MOST_ROWS).default(MOST_ROWS).describe('most rows'),
  openChild: text.describe('child whose details are wanted'),
  openStream: text.describe('stream whose details are wanted'),
});

/** Reads the query of a request. Throws ERR_USAGE, which names the key, rule and value. */
export function readQuery(given: unknown): ConsoleQuery {
  const query = readFields(given, QUERY);
  const { since, shape, load, ports, sort, reverse, filter, child, stream } = query;
  const { offset, limit, openChild, openStream } = query;
  return {
    ...{ since, offset, limit },
    ...{ shape: shape === 1, load: load === 1, ports: ports === 1 },
    list: query.list ?? null,
    wish: {
      sort: sort ?? '',
      reverse: reverse === 1,
      filter: (filter ?? '').toLowerCase(),
      child: child ?? null,
      stream: stream ?? null,
    },
    openChild: openChild ?? null,
    openStream: openStream ?? null,
  };
}
