import type { Page } from '../asked.js';
import { isObject, type Json, numberOf, objectOf, rowsOf } from '../json.js';
import type { ApiIdentity } from '../types.js';
import { mergeStreams, mergeVhosts } from './lists.js';
import { mergeRusages, mergeSelf } from './processes.js';
import { mergeSummaries } from './summaries.js';

/** Context of a merge. */
interface About {
  /** Identity of the box that was asked. */
  readonly identity: ApiIdentity;
  readonly page: Page;
  /** Milliseconds since 1970. */
  readonly now: number;
}

/** Merges the answers of several boxes, by box id; each answer has code 0. */
export type BoxMerger = (answers: ReadonlyMap<string, Json>, about: About) => Json;

const MERGERS: Readonly<Record<string, BoxMerger>> = {
  '/api/v1/vhosts/': (answers) => mergeRows(answers, { list: 'vhosts', one: 'vhost' }, mergeVhosts),
  '/api/v1/streams/': (answers, about) =>
    mergeRows(answers, { list: 'streams', one: 'stream' }, mergeStreams, about.page),
  '/api/v1/clients/': (answers, about) =>
    mergeRows(answers, { list: 'clients', one: 'client' }, (rows) => rows, about.page),
  '/api/v1/summaries': (answers, about) => ({ data: summaries(datasOf(answers), about) }),
  '/api/v1/rusages': (answers) => ({ data: mergeRusages(datasOf(answers)) }),
  '/api/v1/self_proc_stats': (answers, { identity }) => ({
    data: mergeSelf(datasOf(answers), identity),
  }),
  '/api/v1/origins': origins,
};
const KICKS = '/api/v1/clients/';

/** Returns the merger of a path; null if each box answers it alone. */
export function mergerOf(pattern: string, method: string): BoxMerger | null {
  if (method === 'DELETE' && pattern === KICKS) return () => ({});
  return method === 'GET' ? (MERGERS[pattern] ?? null) : null;
}

/** Merges lists, or the one row requested by id. Rows get the id of their box. */
function mergeRows(
  answers: ReadonlyMap<string, Json>,
  names: { readonly list: string; readonly one: string },
  merge: (rows: readonly Json[]) => readonly Json[],
  page?: Page,
): Json {
  const rows = [...answers].flatMap(([box, answer]) => {
    const one = answer[names.one];
    const own = isObject(one) ? [one] : rowsOf(answer, names.list);
    return page === undefined ? own : withBox(own, box);
  });
  const merged = merge(rows);
  const isOne = [...answers.values()].some((answer) => isObject(answer[names.one]));
  if (isOne) return { [names.one]: merged[0] };
  const { start = 0, count = merged.length } = page ?? {};
  return { [names.list]: merged.slice(start, start + count) };
}

/** Merges origins. Rows about other boxes are dropped, as those boxes report them. */
function origins(answers: ReadonlyMap<string, Json>): Json {
  const all = (name: string) =>
    [...answers].flatMap(([box, answer]) =>
      withBox(
        rowsOf(answer, name).filter((row) => row.box === undefined),
        box,
      ),
    );
  return { origins: all('origins'), streams: all('streams') };
}

function withBox(rows: readonly Json[], box: string): Json[] {
  return rows.map((row) => ({ ...row, box }));
}

function datasOf(answers: ReadonlyMap<string, Json>): Json[] {
  return Array.from(answers.values(), (answer) => objectOf(answer, 'data'));
}

/** Sums the summaries; figures of a machine are those of the latest answer. */
function summaries(datas: readonly Json[], { identity, now }: About): Json {
  const sum = (name: string) =>
    datas.reduce((total, data) => total + numberOf(objectOf(data, 'system'), name), 0);
  const totals = { recvBytes: sum('srs_recv_bytes'), sendBytes: sum('srs_send_bytes') };
  return mergeSummaries(datas, identity, totals, now);
}
