import { type Addresses, addressesOf, type ClientOf } from './addresses.js';
import { type Json, objectOf, parseJson, rowsOf, textOf } from './json.js';
import { type Lists, localize } from './merge/localize.js';
import { type ChildMetrics, parseMetrics } from './merge/metrics.js';

/** All answers of one child in one round. */
export interface Snapshot {
  readonly generation: number;
  /** Start of the round on performance.now()'s clock. */
  readonly at: number;
  /** Bytes of all answers. */
  readonly bytes: number;
  readonly lists: Lists;
  readonly addresses: Addresses;
  /** `data` of each answer. */
  readonly summaries: Json;
  readonly rusages: Json;
  readonly self: Json;
  readonly metrics: ChildMetrics;
}

/** Gets paths of a child's API port; rejects if the child does not answer. */
export type Ask = (paths: readonly string[]) => Promise<string[]>;

/** Slowly changing answers are requested in one of so many rounds. */
const SLOW_EVERY = 3;

export interface RoundPlan {
  /** The child's id. */
  readonly child: string;
  readonly pid: number | null;
  readonly generation: number;
  /** 0 for the first round of a generation. */
  readonly round: number;
  /** The previous snapshot of this generation. */
  readonly previous: Snapshot | null;
  readonly clientOf: ClientOf;
  /** Clients from this address, which are our own, are omitted. */
  readonly ownAddress: string;
  /** The child has `/metrics`. */
  readonly metrics: boolean;
}

const ALL_ROWS = 1_000_000;

/** Vhosts are the last list, so that they include all vhosts of streams and clients. */
const PATHS = [
  `/api/v1/streams/?count=${ALL_ROWS}`,
  `/api/v1/clients/?count=${ALL_ROWS}`,
  '/api/v1/vhosts/',
  '/api/v1/summaries',
];
const METRICS = '/metrics';
const SLOW_PATHS = ['/api/v1/rusages', '/api/v1/self_proc_stats'];

/** Takes a snapshot. Rejects if a request fails, or another pid answers. */
export async function takeSnapshot(ask: Ask, plan: RoundPlan): Promise<Snapshot> {
  const { generation, pid, previous } = plan;
  const at = performance.now();
  const isSlow = previous === null || plan.round % SLOW_EVERY === 0;
  const extra = plan.metrics ? [METRICS] : [];
  const texts = await ask([...PATHS, ...(isSlow ? SLOW_PATHS : []), ...extra]);
  const metrics = plan.metrics ? parseMetrics(texts.pop() ?? '') : NO_METRICS;
  const answers = texts.map((text) => answerOf(text, pid));
  const lists = listsOf(answers, plan.ownAddress);
  const addresses = await addressesOf(
    lists.clients,
    previous?.addresses ?? new Map(),
    plan.clientOf,
  );
  const [summaries = {}, ...slow] = answers.slice(3).map((answer) => objectOf(answer, 'data'));
  const [rusages = {}, self = {}] = isSlow ? slow : [previous.rusages, previous.self];
  return {
    generation,
    at,
    bytes: texts.reduce((sum, text) => sum + text.length, 0),
    addresses,
    lists: localize(lists, plan.child, addresses),
    summaries,
    metrics,
    rusages,
    self,
  };
}

function listsOf([streams = {}, clients = {}, vhosts = {}]: readonly Json[], own: string): Lists {
  return {
    streams: rowsOf(streams, 'streams'),
    clients: rowsOf(clients, 'clients').filter((client) => textOf(client, 'ip') !== own),
    vhosts: rowsOf(vhosts, 'vhosts'),
  };
}

const NO_METRICS: ChildMetrics = { values: new Map(), labels: new Map() };

/**
 * Parses an answer. SRS ports use SO_REUSEPORT, so another process may answer: only answers with
 * the child's pid count.
 */
function answerOf(text: string, pid: number | null): Json {
  const answer = parseJson(text);
  if (textOf(answer, 'pid') !== String(pid)) throw new Error('another process has answered');
  return answer;
}
