import { PollTurns } from '../clock/poll-turns.js';
import { messageOf } from '../errors.js';
import { networkOf } from '../listener/client-address.js';
import { atMost } from '../listener/within.js';
import { type Logger, silentLogger } from '../logging/logger.js';
import { AskedRounds } from './asked-rounds.js';
import type { ChildCalls } from './child-calls.js';
import { ClientIds } from './client-ids.js';
import { type Json, numberOf, objectOf, textOf } from './json.js';
import { Ledger } from './ledger.js';
import { COUNTERS } from './merge/metrics.js';
import { nextRound, PACE, type Pace } from './pace.js';
import { type Snapshot, takeSnapshot } from './snapshot.js';
import type { ApiChild, ApiSource } from './types.js';

/** A child's last snapshot and its next round. */
interface Entry {
  child: ApiChild;
  snapshot: Snapshot | null;
  round: number;
  /** Consecutive failed rounds. */
  failures: number;
  /** On performance.now()'s clock. */
  due: number;
  running: Promise<void> | null;
}

const TICK_MS = 100;
/**
 * Consecutive failed rounds after which a child's snapshot is dropped, unless it is known to be
 * busy: three take longer than detecting that does.
 */
const MAX_FAILURES = 3;
/** Concurrent rounds of children; a hung child occupies one for 2 s. */
const ROUNDS_AT_ONCE = 16;
/** Most bytes kept of all origins at one address. */
const MAX_KEPT_BYTES = 32 * 1024 * 1024;

/** Polls every child in rounds, and keeps its last answers. */
export class Poller {
  /** The child of each client. */
  readonly clients = new ClientIds();
  /** Counters that include ended children. */
  readonly counters = new Ledger();
  readonly #source: ApiSource;
  readonly #calls: ChildCalls;
  readonly #logger: Logger;
  readonly #pace: Pace;
  readonly #entries = new Map<string, Entry>();
  readonly #turns = new PollTurns();
  readonly #asked: AskedRounds;
  #timer: NodeJS.Timeout | null = null;
  /** Number of rounds running with our own children. */
  #running = 0;
  #version = 0;

  constructor(
    source: ApiSource,
    calls: ChildCalls,
    { logger = silentLogger, pace = PACE }: { logger?: Logger; pace?: Pace } = {},
  ) {
    this.#source = source;
    this.#calls = calls;
    this.#logger = logger;
    this.#pace = pace;
    this.#asked = new AskedRounds(pace);
  }

  start(): void {
    this.#timer ??= setInterval(() => this.#tick(), TICK_MS).unref();
  }

  close(): void {
    clearInterval(this.#timer ?? undefined);
    this.#timer = null;
  }

  /** Changes whenever the result of `snapshots` does. */
  get version(): number {
    this.#sync();
    return this.#version;
  }

  /** Returns the snapshots of children that serve and answer, in order of their ids. */
  snapshots(): Map<string, Snapshot> {
    this.#sync();
    const snapshots = new Map<string, Snapshot>();
    for (const { id } of this.#source.children()) {
      const { snapshot = null } = this.#entries.get(id) ?? {};
      if (snapshot !== null) snapshots.set(id, snapshot);
    }
    return snapshots;
  }

  /**
   * Resolves when a child's snapshot is at most `maxAgeMs` old, or could not be taken. Concurrent
   * callers share one round.
   */
  async fresh(childId: string, maxAgeMs = this.#pace.freshMs): Promise<void> {
    this.#sync();
    const entry = this.#entries.get(childId);
    if (entry === undefined) return;
    if (this.#isStale(entry)) await this.#next(entry);
    const age = performance.now() - (entry.snapshot?.at ?? -Infinity);
    if (age > maxAgeMs) await (entry.running ?? this.#round(entry));
  }

  /**
   * Resolves when the snapshots show everything that has happened, as far as children answer within
   * `waitMs`. Only children in which something happened lately are asked.
   */
  async current(): Promise<void> {
    this.#sync();
    const stale = [...this.#entries.values()].filter((entry) => this.#isStale(entry));
    if (stale.length === 0) return;
    await atMost(this.#pace.waitMs, Promise.all(stale.map((entry) => this.#next(entry))));
  }

  /** Something happens in a child: its last snapshot is stale from now on. */
  stir(childId: string): void {
    this.#asked.stir(childId);
  }

  /** Origins that we did not start tell of nothing that happens in them. */
  #isStale({ child, snapshot }: Entry): boolean {
    return child.host === undefined && this.#asked.isStale(child.id, snapshot?.at ?? -Infinity);
  }

  #next(entry: Entry): Promise<void> {
    return this.#asked.next(entry.child.id, {
      at: () => entry.snapshot?.at ?? -Infinity,
      bytes: () => entry.snapshot?.bytes ?? 0,
      running: () => entry.running,
      run: () => this.#round(entry, true),
    });
  }

  #tick(): void {
    this.#sync();
    const now = performance.now();
    const due = [...this.#entries.values()].filter((one) => one.due <= now && !one.running);
    due.sort((a, b) => a.due - b.due);
    // Rounds for waiting callers do not count against this limit.
    const free = Math.max(0, ROUNDS_AT_ONCE - this.#running);
    const own = due.filter(({ child }) => child.host === undefined);
    for (const entry of own.slice(0, free)) void this.#round(entry);
    this.#turns.sweep(now);
    for (const entry of due) this.#visit(entry, now);
  }

  /**
   * Polls an origin, within the limits of its address: slow or long answers delay only the origins
   * of the same address.
   */
  #visit(entry: Entry, now: number): void {
    const { host } = entry.child;
    if (host === undefined) return;
    const isUnproven = entry.failures > 0 || entry.snapshot === null;
    const done = this.#turns.take(networkOf(host), isUnproven, now);
    if (done === null) return;
    const length = () => (entry.failures > 0 ? entry.child.bounds.bytes : entry.snapshot?.bytes);
    void this.#round(entry).then(() => done(length() ?? 0));
  }

  /** Drops children that do not serve, and ended generations. */
  #sync(): void {
    const children = new Map(this.#source.children().map((child) => [child.id, child]));
    for (const [id, entry] of this.#entries) {
      const child = children.get(id);
      const same = child?.ready === true && child.generation === entry.child.generation;
      if (!same) this.#forget(id);
    }
    for (const child of children.values()) {
      if (!child.ready || this.#entries.has(child.id)) continue;
      const due = performance.now() + Math.random() * this.#pace.firstMs;
      const fresh = { snapshot: null, round: 0, failures: 0, running: null };
      this.#entries.set(child.id, { child, due, ...fresh });
    }
  }

  #forget(id: string): void {
    this.#entries.delete(id);
    this.#asked.forget(id);
    this.clients.replace(id, []);
    this.#version += 1;
  }

  /** Runs a round. Never rejects: a child that does not answer keeps its last snapshot for now. */
  #round(entry: Entry, listsOnly = false): Promise<void> {
    const own = Number(entry.child.host === undefined);
    const { due } = entry;
    this.#running += own;
    entry.running = this.#ask(entry, listsOnly)
      .catch((error: unknown) => this.#failed(entry, messageOf(error)))
      .finally(() => {
        this.#running -= own;
        entry.running = null;
        if (listsOnly && entry.failures === 0) entry.due = due;
        else entry.due = performance.now() + this.#wait(entry) * (0.8 + 0.4 * Math.random());
      });
    return entry.running;
  }

  #failed(entry: Entry, reason: string): void {
    this.#logger.debug({ child: entry.child.id, reason }, 'api: child does not answer');
    entry.failures += 1;
    if (entry.failures < MAX_FAILURES || entry.snapshot === null) return;
    const child = this.#source.children().find(({ id }) => id === entry.child.id);
    if (!child?.busy) this.#show(entry, null);
  }

  #wait({ child, failures, snapshot }: Entry): number {
    const { retryMs, slowestMs } = this.#pace;
    if (failures > 0 && child.host === undefined) return retryMs;
    if (failures > 0) return Math.min(retryMs * 2 ** failures, slowestMs);
    return nextRound(this.#pace, this.#entries.size, snapshot?.bytes ?? 0);
  }

  async #ask(entry: Entry, listsOnly: boolean): Promise<void> {
    const { child, snapshot: previous, round } = entry;
    const { id, pid, generation } = child;
    const snapshot = await takeSnapshot((paths) => this.#calls.askAll(child, paths), {
      child: id,
      pid,
      generation,
      round,
      previous,
      metrics: this.#source.rules.metrics,
      listsOnly,
      clientOf: (alias) => this.#source.clientOf(alias),
      ownAddress: this.#source.ownAddress,
    });
    this.#bound(entry, snapshot);
    if (!listsOnly) entry.round += 1;
    entry.failures = 0;
    this.counters.note(id, generation, countersOf(snapshot));
    this.#show(entry, snapshot);
  }

  /** Throws if the origins of one address exceed the bytes kept of them. */
  #bound({ child }: Entry, { bytes }: Snapshot): void {
    if (child.host === undefined) return;
    const group = networkOf(child.host);
    const others = [...this.#entries.values()].filter(
      (one) => one.child.id !== child.id && one.child.host && networkOf(one.child.host) === group,
    );
    const kept = others.reduce((sum, { snapshot }) => sum + (snapshot?.bytes ?? 0), bytes);
    if (kept > MAX_KEPT_BYTES)
      throw new Error(`the answers of the origins at ${group} are too long`);
  }

  #show(entry: Entry, snapshot: Snapshot | null): void {
    if (this.#entries.get(entry.child.id) !== entry) return;
    const clients = snapshot?.lists.clients ?? [];
    entry.snapshot = snapshot;
    // Codecs of a stream that has just begun come with its first media.
    if (snapshot?.lists.streams.some(hasNoMedia)) this.#asked.stir(entry.child.id);
    this.clients.replace(
      entry.child.id,
      clients.map((client) => textOf(client, 'id')),
    );
    this.#version += 1;
  }
}

function hasNoMedia(stream: Json): boolean {
  const isActive = objectOf(stream, 'publish').active === true;
  return isActive && stream.video === null && stream.audio === null;
}

/**
 * Returns the counters: `recv` and `send` from the summaries, the others under their names in
 * `/metrics`.
 */
function countersOf({ summaries, metrics }: Snapshot): Map<string, number> {
  const system = objectOf(summaries, 'system');
  const counts = COUNTERS.map((name) => [name, metrics.values.get(name) ?? 0] as const);
  const recv = numberOf(system, 'srs_recv_bytes');
  return new Map([...counts, ['recv', recv], ['send', numberOf(system, 'srs_send_bytes')]]);
}
