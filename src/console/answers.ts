import type { ChildRow, StreamRow } from '../admin/types.js';
import { THING_SECONDS } from '../history/history.js';
import type { Series } from '../history/series-pool.js';
import type {
  ChildDetail,
  ChildLine,
  ClientLine,
  ConsoleAnswer,
  ListName,
  PortLine,
  Rows,
  StreamDetail,
  StreamLine,
  ThingSeries,
} from './answer.js';
import { CHILDREN, CLIENTS, chosen, type ListRules, STREAMS } from './lists.js';
import type { ConsoleQuery } from './query.js';
import { type ConsoleSource, type Crowd, loadOf, type Machine, Snapshots } from './snapshot.js';

/** Figures in the small chart of a row: ten minutes. */
const SPARK = 30;
/** Orders and filters of one snapshot that are kept; consoles mostly ask for the same one. */
const MOST_CHOICES = 32;
/** Answers of one snapshot that are kept. */
const MOST_TEXTS = 32;

type ListRows = readonly unknown[];

/** Answers the console's questions out of snapshots that all consoles share. */
export class Answers {
  readonly #source: ConsoleSource;
  readonly #snapshots: Snapshots;
  readonly #run = `${process.pid}-${Date.now().toString(36)}`;
  /** Rows by list and wish, of the snapshot that they were chosen from. */
  readonly #choices = new Map<string, { readonly from: ListRows; readonly rows: ListRows }>();

  /** Texts of answers by question and snapshot of the crowd, of that snapshot of the machine. */
  readonly #texts = new Map<string, { readonly crowd: Crowd | null; readonly text: string }>();
  #textsOf: Machine | null = null;

  constructor(source: ConsoleSource) {
    this.#source = source;
    this.#snapshots = new Snapshots(source);
  }

  /** Answers as JSON. Consoles that ask the same of the same snapshots get the same text. */
  async text(query: ConsoleQuery): Promise<string> {
    const machine = await this.#snapshots.machine.get();
    const isCrowded = query.openStream !== null || (query.list ?? 'children') !== 'children';
    const crowd = isCrowded ? await this.#snapshots.crowd.get() : null;
    if (this.#textsOf !== machine || this.#texts.size >= MOST_TEXTS) this.#texts.clear();
    this.#textsOf = machine;
    const key = JSON.stringify(query);
    const known = this.#texts.get(key);
    if (known !== undefined && known.crowd === crowd) return known.text;
    const text = JSON.stringify(this.#answer(query, machine, crowd));
    this.#texts.set(key, { crowd, text });
    return text;
  }

  #answer(query: ConsoleQuery, machine: Machine, crowd: Crowd | null): ConsoleAnswer {
    const { openChild, openStream } = query;
    return {
      at: machine.at,
      run: this.#run,
      box: machine.head,
      samples: this.#source.history.box(query.since),
      ...(query.shape && { shape: this.#source.shape() }),
      ...(query.load && { load: machine.load }),
      ...(query.ports && { ports: machine.status.listeners.map(portLine) }),
      ...(query.list !== null && { rows: this.#rows(query.list, query, machine, crowd) }),
      ...(openChild !== null && { child: this.#childDetail(openChild, machine) }),
      ...(openStream !== null && crowd && { stream: this.#streamDetail(openStream, crowd) }),
    };
  }

  #rows(list: ListName, query: ConsoleQuery, machine: Machine, crowd: Crowd | null): Rows {
    const { offset, limit } = query;
    const cut = <T>(rows: readonly T[]) => rows.slice(offset, offset + limit);
    if (list === 'children') {
      const rows = this.#choose(CHILDREN, query, machine.children);
      const children = cut(rows).map((row) => this.#childLine(row));
      return { list, offset, total: rows.length, children };
    }
    if (list === 'streams') {
      const rows = this.#choose(STREAMS, query, crowd?.streams ?? []);
      const streams = cut(rows).map((row) => this.#streamLine(row, crowd));
      return { list, offset, total: rows.length, streams };
    }
    const rows = this.#choose(CLIENTS, query, crowd?.clients ?? []);
    return { list, offset, total: rows.length, clients: cut(rows).map(clientLine) };
  }

  #choose<T>(
    rules: ListRules<T>,
    { list, wish }: Pick<ConsoleQuery, 'list' | 'wish'>,
    from: readonly T[],
  ): readonly T[] {
    const key = JSON.stringify([list, wish]);
    const known = this.#choices.get(key);
    if (known?.from === from) return known.rows as readonly T[];
    if (this.#choices.size >= MOST_CHOICES) this.#choices.clear();
    const { machine, crowd } = this.#snapshots;
    const snapshot = list === 'children' ? machine : crowd;
    const rows = snapshot.work(() => chosen(from, rules, wish));
    this.#choices.set(key, { from, rows });
    return rows;
  }

  #childDetail(id: string, { children }: Machine): ChildDetail | null {
    const row = children.find((one) => one.id === id);
    if (row === undefined) return null;
    return { row: this.#childLine(row), series: seriesOf(this.#source.history.child(id)) };
  }

  #streamDetail(key: string, crowd: Crowd): StreamDetail | null {
    const row = crowd.streams.find(({ stream }) => stream === key);
    if (row === undefined) return null;
    return {
      row: this.#streamLine(row, crowd),
      series: seriesOf(this.#source.history.stream(key)),
    };
  }

  #childLine(row: ChildRow): ChildLine {
    const { why, managed, pid, rss, restarts, generation, since, lastError, lastErrorAt } = row;
    const spark = this.#source.history.child(row.id, SPARK)?.a ?? [];
    const further = { why, managed, pid, rss, restarts, generation, since };
    return { ...loadOf(row), ...further, lastError, lastErrorAt, spark };
  }

  #streamLine(row: StreamRow, crowd: Crowd | null): StreamLine {
    const { stream, child, box, publishing, publisher, bitrate, clients, since } = row;
    return {
      ...{ stream, child, publishing, publisher, bitrate, clients, since },
      ...(box !== undefined && { box }),
      viewers: crowd?.viewers.get(stream) ?? {},
      spark: this.#source.history.stream(stream, SPARK)?.a ?? [],
    };
  }
}

function clientLine(row: ClientLine): ClientLine {
  const { id, client, port, role, stream, child, bytesIn, bytesOut, since } = row;
  return { id, client, port, role, stream, child, bytesIn, bytesOut, since };
}

function seriesOf(series: Series | null): ThingSeries {
  return { seconds: THING_SECONDS, a: series?.a ?? [], b: series?.b ?? [] };
}

function portLine({ name, transport, address, clients }: Machine['status']['listeners'][number]) {
  const { accepted = null, refused = null, failed = {} } = clients ?? {};
  return { name, transport, address, accepted, refused, failed } satisfies PortLine;
}
