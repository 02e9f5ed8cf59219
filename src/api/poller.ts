import { PollTurns } from '../clock/poll-turns.js';
import { messageOf } from '../errors.js';
import { networkOf } from '../listener/client-address.js';
import { atMost } from '../listener/within.js';
import { type Logger, silentLogger } from '../logging/logger.js';
import { AskedRounds } from './asked-rounds.js';
import type { ChildCalls } from './child-calls.js';
import { ClientIds } from './client-ids.js';
import { type Answered, Demand, type Wanted } from './demand.js';
import { countersOf, type Entry, hasNoMedia, isOwn } from './entry.js';
import { textOf } from './json.js';
import { Ledger } from './ledger.js';
import { nextRound, PACE, type Pace } from './pace.js';
import { type Snapshot, takeSnapshot } from './snapshot.js';
import type { ApiSource } from './types.js';

/** Milliseconds between two looks while somebody asks, or while there are origins. */
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

/** Asks children in rounds while somebody asks us, and keeps their last answers. */
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
  readonly #demand: Demand;
  #isStarted = false;
  #timer: NodeJS.Timeout | undefined;
  #timerMs = Number.POSITIVE_INFINITY;
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
    this.#demand = new Demand(pace);
  }

  start(): void {
    this.#isStarted = true;
    this.#arm(TICK_MS);
  }

  close(): void {
    this.#isStarted = false;
    clearTimeout(this.#timer);
    this.#timerMs = Number.POSITIVE_INFINITY;
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
   * `waitMs`. Only children are asked that may have something new to say.
   */
  async current(wanted: Wanted = 'lists'): Promise<void> {
    this.#sync();
    this.#demand.note(wanted, performance.now());
    this.#arm(TICK_MS);
    const children = this.#entries.size;
    const outdated = [...this.#entries.values()].filter(
      (entry) => isOwn(entry) && this.#demand.isOutdated(this.#answered(entry), wanted, children),
    );
    if (outdated.length === 0) return;
    await atMost(this.#pace.waitMs, Promise.all(outdated.map((one) => this.#next(one, wanted))));
  }

  /** Something happens in a child: its last snapshot is stale from now on. */
  stir(childId: string): void {
    this.#asked.stir(childId);
  }

  /** Origins that we did not start tell of nothing that happens in them. */
  #isStale({ child, snapshot }: Entry): boolean {
    return child.host === undefined && this.#asked.isStale(child.id, snapshot?.at ?? -Infinity);
  }

  #answered(entry: Entry): Answered {
    return { snapshot: entry.snapshot, isStale: this.#isStale(entry) };
  }

  #next(entry: Entry, wanted: Wanted = 'lists'): Promise<void> {
    const { id } = entry.child;
    return this.#asked.next(wanted === 'lists' ? id : `${id} ${wanted}`, {
      at: () => entry.snapshot?.at ?? -Infinity,
      bytes: () => entry.snapshot?.bytes ?? 0,
      running: () => entry.running,
      run: () => this.#round(entry, wanted === 'lists'),
    });
  }

  /** Has the next tick come after `ms`, unless it comes earlier anyway. */
  #arm(ms: number): void {
    if (!this.#isStarted || this.#timerMs <= ms) return;
    clearTimeout(this.#timer);
    this.#timerMs = ms;
    this.#timer = setTimeout(() => this.#tick(), ms).unref();
  }

  #tick(): void {
    this.#timerMs = Number.POSITIVE_INFINITY;
    this.#sync();
    const now = performance.now();
    const all = [...this.#entries.values()];
    const isLively = this.#demand.isWatched(now) || !all.every(isOwn);
    this.#arm(isLively ? TICK_MS : this.#pace.tickMs);
    const due = all.filter((one) => one.due <= now && !one.running && this.#isWanted(one, now));
    due.sort((a, b) => a.due - b.due);
    // Rounds for waiting callers do not count against this limit.
    const free = Math.max(0, ROUNDS_AT_ONCE - this.#running);
    const own = due.filter(isOwn);
    for (const entry of own.slice(0, free)) void this.#round(entry);
    this.#turns.sweep(now);
    for (const entry of due) this.#visit(entry, now);
  }

  /** Origins tell of nothing that happens in them, so that they are always asked. */
  #isWanted(entry: Entry, now: number): boolean {
    if (!isOwn(entry)) return true;
    const rest = this.#demand.restOf(this.#answered(entry), now);
    const at = entry.snapshot?.at ?? Number.NEGATIVE_INFINITY;
    return rest < Number.POSITIVE_INFINITY && now - at >= rest;
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
    // The first round asks for everything.
    const isPart = listsOnly && entry.snapshot !== null;
    this.#running += own;
    entry.running = this.#ask(entry, listsOnly)
      .catch((error: unknown) => this.#failed(entry, messageOf(error)))
      .finally(() => {
        this.#running -= own;
        entry.running = null;
        if (isPart && entry.failures === 0) entry.due = due;
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
    if (snapshot?.lists.streams.some(hasNoMedia)) this.#asked.stir(entry.child.id);
    this.clients.replace(
      entry.child.id,
      clients.map((client) => textOf(client, 'id')),
    );
    this.#version += 1;
  }
}
