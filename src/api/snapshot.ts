import { type Addresses, addressesOf, type ClientOf } from './addresses.js';
import { type Json, objectOf, parseJson, rowsOf, textOf } from './json.js';
import { type Lists, localize } from './merge/localize.js';
import { type ChildMetrics, parseMetrics } from './merge/metrics.js';
import { withoutOwnClients } from './merge/own-clients.js';

/** All answers of one child in one round. */
export interface Snapshot {
  readonly generation: number;
  /** Start of the round on performance.now()'s clock. */
  readonly at: number;
  /** The same of the last round that asked for more than the lists. */
  readonly figuresAt: number;
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
  /** Only the lists are requested; all else stays as in the previous snapshot. */
  readonly listsOnly: boolean;
}

const ALL_ROWS = 1_000_000;

/** Vhosts are the last list, so that they include all vhosts of streams and clients. */
const LISTS = [
  `/api/v1/streams/?count=${ALL_ROWS}`,
  `/api/v1/clients/?count=${ALL_ROWS}`,
  '/api/v1/vhosts/',
];
const SUMMARIES = '/api/v1/summaries';
const METRICS = '/metrics';
const RUSAGES = '/api/v1/rusages';
const SELF = '/api/v1/self_proc_stats';

/** Takes a snapshot. Rejects if a request fails, or another pid answers. */
export async function takeSnapshot(ask: Ask, plan: RoundPlan): Promise<Snapshot> {
  const { generation, previous, ownAddress } = plan;
  const at = performance.now();
  const answers = await askedFor(pathsOf(plan), ask, plan.pid);
  const lists = withoutOwnClients(listsOf(LISTS.map((path) => answers.json(path))), ownAddress);
  const known = previous?.addresses ?? new Map();
  const addresses = await addressesOf(lists.clients, known, plan.clientOf);
  const metrics = answers.text(METRICS);
  return {
    generation,
    at,
    figuresAt: plan.listsOnly ? (previous?.figuresAt ?? at) : at,
    bytes: plan.listsOnly && previous !== null ? previous.bytes : answers.bytes,
    addresses,
    lists: localize(lists, plan.child, addresses),
    metrics: metrics === undefined ? (previous?.metrics ?? NO_METRICS) : parseMetrics(metrics),
    summaries: answers.data(SUMMARIES) ?? previous?.summaries ?? {},
    rusages: answers.data(RUSAGES) ?? previous?.rusages ?? {},
    self: answers.data(SELF) ?? previous?.self ?? {},
  };
}

function pathsOf({ previous, round, metrics, listsOnly }: RoundPlan): string[] {
  if (listsOnly && previous !== null) return LISTS;
  const isSlow = previous === null || round % SLOW_EVERY === 0;
  return [...LISTS, SUMMARIES, ...(isSlow ? [RUSAGES, SELF] : []), ...(metrics ? [METRICS] : [])];
}

/** Answers of one round, by path. */
interface Answers {
  readonly bytes: number;
  text(path: string): string | undefined;
  json(path: string): Json;
  /** Undefined if the path was not requested. */
  data(path: string): Json | undefined;
}

async function askedFor(paths: string[], ask: Ask, pid: number | null): Promise<Answers> {
  const all = await ask(paths);
  const texts = new Map(paths.map((path, at) => [path, all[at] ?? '']));
  const jsons = new Map(
    [...texts]
      .filter(([path]) => path !== METRICS)
      .map(([path, text]) => [path, answerOf(text, pid)]),
  );
  return {
    bytes: all.reduce((sum, text) => sum + text.length, 0),
    text: (path) => texts.get(path),
    json: (path) => jsons.get(path) ?? {},
    data: (path) => {
      const answer = jsons.get(path);
      return answer && objectOf(answer, 'data');
    },
  };
}

function listsOf([streams = {}, clients = {}, vhosts = {}]: readonly Json[]): Lists {
  return {
    streams: rowsOf(streams, 'streams'),
    clients: rowsOf(clients, 'clients'),
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
