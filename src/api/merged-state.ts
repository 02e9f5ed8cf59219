import type { WaitingPlayer } from '../listener/held-hooks.js';
import { inTurns } from '../system/in-turns.js';
import type { Page } from './asked.js';
import type { ChildCalls } from './child-calls.js';
import type { ClientRef } from './client-ids.js';
import { type Json, objectOf, parseJson, textOf } from './json.js';
import { heldClient, heldStreams, withHeld } from './merge/held.js';
import { mergeStreams, mergeVhosts } from './merge/lists.js';
import { renderMetrics } from './merge/metrics.js';
import { mergeRusages, mergeSelf } from './merge/processes.js';
import { mergeSummaries } from './merge/summaries.js';
import type { Poller } from './poller.js';
import type { Snapshot } from './snapshot.js';
import type { ApiSource } from './types.js';

/** Types of clients whose connections do not show who plays. */
const SESSION = /^(hls|rtc)-/;
const KICKS_AT_ONCE = 16;

interface Merged {
  readonly version: number;
  /** Players that wait without a child. */
  readonly held: readonly WaitingPlayer[];
  readonly snapshots: ReadonlyMap<string, Snapshot>;
  readonly vhosts: readonly Json[];
  readonly streams: readonly Json[];
}

/** All children as one SRS: the poller's snapshots, merged. */
export class MergedState {
  readonly #source: ApiSource;
  readonly #poller: Poller;
  readonly #calls: ChildCalls;
  #merged: Merged | null = null;

  constructor(source: ApiSource, poller: Poller, calls: ChildCalls) {
    this.#source = source;
    this.#poller = poller;
    this.#calls = calls;
  }

  /** Resolves when the lists show what has happened so far. */
  current(): Promise<void> {
    return this.#poller.current();
  }

  /** Resolves when summaries and metrics are those of the last few seconds. */
  figures(): Promise<void> {
    return this.#poller.current('figures');
  }

  vhosts(): readonly Json[] {
    return this.#now().vhosts;
  }

  streams({ start, count }: Page): Json[] {
    return this.#now()
      .streams.slice(start, start + count)
      .map((stream) => this.#shownStream(stream));
  }

  /** Returns a page of clients, child by child, each in its own order; then those that wait. */
  clients({ start, count }: Page): Json[] {
    const page: Json[] = [];
    let skip = start;
    const { snapshots } = this.#now();
    for (const { lists } of snapshots.values()) {
      page.push(...lists.clients.slice(skip, skip + count - page.length));
      skip = Math.max(0, skip - lists.clients.length);
      if (page.length >= count) break;
    }
    const shown = page.map((client) => this.#shownClient(client));
    return [...shown, ...this.#heldClients(skip, count - page.length)];
  }

  vhost(id: string): Json | null {
    return this.#now().vhosts.find((vhost) => vhost.id === id) ?? null;
  }

  /** Returns a stream with its child's present data. */
  async stream(id: string): Promise<Json | null> {
    const find = () => this.#now().streams.find((stream) => stream.id === id);
    await this.current();
    const known = find();
    if (known === undefined) return null;
    if (known.child !== null) await this.#poller.fresh(textOf(known, 'child'));
    const stream = find();
    return stream === undefined ? null : this.#shownStream(stream);
  }

  /** Returns a client with its child's present data. */
  async client(id: string): Promise<Json | null> {
    const known = await this.#find(id);
    if (known === null) return this.#heldClient(id);
    await this.#poller.fresh(known.child);
    const { clients = [] } = this.#poller.snapshots().get(known.child)?.lists ?? {};
    const client = clients.find((one) => one.id === known.id);
    return client === undefined ? null : this.#shownClient(client);
  }

  /** Closes a client's connection. Returns the child's code; null if no child has that client. */
  async kick(id: string): Promise<number | null> {
    if (this.#source.endHeld(id)) return 0;
    const known = await this.#find(id);
    const child = this.#source.children().find((one) => one.id === known?.child);
    if (known === null || child === undefined) return null;
    const path = `/api/v1/clients/${encodeURIComponent(known.id)}`;
    const answer = parseJson(await this.#calls.ask(child, path, 'DELETE'));
    this.#poller.stir(child.id);
    return Number(answer.code);
  }

  /**
   * Closes the sessions of HLS and WebRTC whose clients fit, which only the children know; returns
   * the number of those of HLS. `child`: the only one asked; default: all.
   */
  async kickSessions(fits: (client: Json) => boolean, child?: string): Promise<number> {
    const ids = this.#source.children().map(({ id }) => id);
    const asked = ids.filter((id) => child === undefined || id === child);
    await inTurns(asked, KICKS_AT_ONCE, async (id) => {
      await this.#poller.fresh(id, 0);
      return true;
    });
    const { snapshots } = this.#now();
    const rows = asked.flatMap((id) => snapshots.get(id)?.lists.clients ?? []);
    const sessions = rows.filter((row) => SESSION.test(textOf(row, 'type')) && fits(row));
    let kicked = 0;
    await inTurns(sessions, KICKS_AT_ONCE, async (row) => {
      const id = textOf(row, 'id');
      const code = await this.kick(this.#publicId({ child: textOf(row, 'child'), id }));
      if (code === 0 && textOf(row, 'type').startsWith('hls')) kicked += 1;
      return true;
    });
    return kicked;
  }

  summaries(): Json {
    const totals = this.#poller.counters.totals();
    const bytes = { recvBytes: totals.get('recv') ?? 0, sendBytes: totals.get('send') ?? 0 };
    const datas = this.#all().map(({ summaries }) => summaries);
    return mergeSummaries(datas, this.#source.identity, bytes, Date.now());
  }

  rusages(): Json {
    return mergeRusages(this.#all().map(({ rusages }) => rusages));
  }

  self(): Json {
    return mergeSelf(
      this.#all().map(({ self }) => self),
      this.#source.identity,
    );
  }

  metrics(): string {
    const children = [...this.#now().snapshots].map(([id, { metrics }]) => [id, metrics] as const);
    return renderMetrics(new Map(children), this.#poller.counters.totals());
  }

  /** Returns all known children, and each stream with its child. */
  async origins(): Promise<Json> {
    const { snapshots } = this.#now();
    const origins = this.#source.children().map(({ id, generation, ready, pid }) => {
      const { lists, summaries = {} } = snapshots.get(id) ?? {};
      const { cpu_percent = 0, mem_kbyte = 0 } = objectOf(summaries, 'self');
      const counts = { streams: lists?.streams.length ?? 0, clients: lists?.clients.length ?? 0 };
      return { id, generation, ready, pid, ...counts, cpu_percent, mem_kbyte };
    });
    return { origins, streams: await this.#source.streams() };
  }

  #all(): Snapshot[] {
    return [...this.#now().snapshots.values()];
  }

  /** Returns the merged lists, computed once per version of the snapshots and of the waiting. */
  #now(): Merged {
    const { version } = this.#poller;
    const held = this.#source.held();
    if (this.#merged?.version === version && this.#merged.held === held) return this.#merged;
    const snapshots = this.#poller.snapshots();
    const lists = [...snapshots.values()].map((snapshot) => snapshot.lists);
    const inChildren = lists.flatMap((one) => one.streams);
    const streams = mergeStreams([...inChildren, ...heldStreams(held, Date.now())]);
    const absent = streams.filter(({ child }) => child === null);
    const vhosts = withHeld(mergeVhosts(lists.flatMap((one) => one.vhosts)), held, absent);
    this.#merged = { version, held, snapshots, vhosts, streams };
    return this.#merged;
  }

  /** Finds a client; if no child is known to have it, all are asked that may have new ones. */
  async #find(id: string): Promise<ClientRef | null> {
    const known = this.#poller.clients.find(id);
    if (known !== null) return known;
    await this.current();
    return this.#poller.clients.find(id);
  }

  /** Returns rows of waiting players. One that its child knows already is listed there. */
  #heldClients(skip: number, count: number): Json[] {
    const waiting = this.#now().held.filter(({ id }) => this.#poller.clients.find(id) === null);
    return waiting.slice(skip, skip + count).map((player) => heldClient(player, Date.now()));
  }

  #heldClient(id: string): Json | null {
    const player = this.#source.held().find((one) => one.id === id);
    return player === undefined ? null : heldClient(player, Date.now());
  }

  #shownClient(client: Json): Json {
    return {
      ...client,
      id: this.#publicId({ child: textOf(client, 'child'), id: textOf(client, 'id') }),
    };
  }

  #shownStream(stream: Json): Json {
    const publish = objectOf(stream, 'publish');
    const id = textOf(publish, 'cid');
    if (id === '') return stream;
    const cid = this.#publicId({ child: textOf(stream, 'child'), id });
    return { ...stream, publish: { ...publish, cid } };
  }

  #publicId(client: ClientRef): string {
    return this.#poller.clients.publicId(client);
  }
}
