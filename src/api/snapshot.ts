import { type Addresses, addressesOf, type ClientOf } from './addresses.js';
import { type Json, objectOf, parseJson, rowsOf, textOf } from './json.js';
import { type Lists, localize } from './merge/localize.js';
import { type ChildMetrics, parseMetrics } from './merge/metrics.js';

/** All that one child said in one round of questions. */
export interface Snapshot {
  readonly generation: number;
  /** When the round began, on performance.now()'s clock. */
  readonly at: number;
  /** Length of the answers in bytes. */
  readonly bytes: number;
  readonly lists: Lists;
  readonly addresses: Addresses;
  /** `data` of each. */
  readonly summaries: Json;
  readonly rusages: Json;
  readonly self: Json;
  readonly metrics: ChildMetrics;
}

/** Asks a child for a path below its API's port; rejects when it does not answer. */
export type Ask = (path: string) => Promise<string>;

/** Those whose numbers hardly move are asked for in one round out of so many. */
const SLOW_EVERY = 3;

/** Tells how a round is to be made. */
export interface RoundPlan {
  /** The child's id. */
  readonly child: string;
  readonly pid: number | null;
  readonly generation: number;
  /** 0 for the first round of a life. */
  readonly round: number;
  /** The last one of this life. */
  readonly previous: Snapshot | null;
  readonly clientOf: ClientOf;
  readonly metrics: boolean;
}

/** Makes a round: one question after the other. Rejects when one is not answered by that very pid. */
export async function takeSnapshot(ask: Ask, plan: RoundPlan): Promise<Snapshot> {
  const { generation, previous } = plan;
  const at = performance.now();
  const reader = new Reader(ask, plan.pid);
  const streams = rowsOf(await reader.get('/api/v1/streams/?count=1000000'), 'streams');
  const clients = rowsOf(await reader.get('/api/v1/clients/?count=1000000'), 'clients');
  // Vhosts come last: every one that a stream or a client names is there by then.
  const vhosts = rowsOf(await reader.get('/api/v1/vhosts/'), 'vhosts');
  const summaries = objectOf(await reader.get('/api/v1/summaries'), 'data');
  const metrics = plan.metrics ? parseMetrics(await reader.text('/metrics')) : NO_METRICS;
  const slow =
    previous === null || plan.round % SLOW_EVERY === 0 ? await slowPart(reader) : previous;
  const { rusages, self } = slow;
  const addresses = await addressesOf(clients, previous?.addresses ?? new Map(), plan.clientOf);
  const lists = localize({ vhosts, streams, clients }, plan.child, addresses);
  const { bytes } = reader;
  return { generation, at, bytes, addresses, lists, summaries, metrics, rusages, self };
}

const NO_METRICS: ChildMetrics = { values: new Map(), labels: new Map() };

async function slowPart(reader: Reader): Promise<Pick<Snapshot, 'rusages' | 'self'>> {
  const rusages = objectOf(await reader.get('/api/v1/rusages'), 'data');
  const self = objectOf(await reader.get('/api/v1/self_proc_stats'), 'data');
  return { rusages, self };
}

class Reader {
  readonly #ask: Ask;
  readonly #pid: string;
  bytes = 0;

  constructor(ask: Ask, pid: number | null) {
    this.#ask = ask;
    this.#pid = String(pid);
  }

  async text(path: string): Promise<string> {
    const text = await this.#ask(path);
    this.bytes += text.length;
    return text;
  }

  /** SRS shares its port with strangers in silence: an answer counts with the child's own pid only. */
  async get(path: string): Promise<Json> {
    const answer = parseJson(await this.text(path));
    if (textOf(answer, 'pid') !== this.#pid) throw new Error('another process has answered');
    return answer;
  }
}
