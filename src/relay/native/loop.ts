import { Histogram } from '../../collections/histogram.js';
import type { SetupModule } from '../client-setup.js';
import type { FeedModule } from '../fanout.js';
import { IdleClock } from '../idle.js';
import type { RelayEnd } from '../relay.js';
import { StallWatch } from '../stall.js';
import { Acceptor } from './acceptor.js';
import { DirectionContext } from './direction.js';
import { Epoll } from './epoll.js';
import { Fanout } from './fanout.js';
import { EPOLLET, EPOLLIN } from './libc.js';
import { CHILD, Pair, type Watched } from './pair.js';
import { PipePool } from './pipes.js';
import {
  type EmployOrder,
  type FeedOrder,
  LAG_BOUNDS,
  type Order,
  type PairOrder,
  type PairSetup,
  type Report,
  type Shared,
  type SlotPair,
} from './protocol.js';
import { SlotArray } from './slots.js';

/** The longest sleep: the grain of idle limits. */
const TICK_MS = 500;
/** The same once nothing has happened for QUIET_MS and there is nobody to be looked after. */
const EMPTY_MS = 10_000;
const QUIET_MS = 10_000;
/** So long a report may wait for others, unless somebody waits for it: to wake a thread is dear. */
const REPORT_MS = 20;
/** Reports go out so far apart at least: in a storm one wake-up tells of several clients. */
const APART_MS = 5;
/** Pipes that nobody needed for so long are closed. */
const TRIM_MS = 10_000;
const WAKE_TAG = -1;
const DOOR_TAG = -2;

/** An order that needs a module. */
type LoadOrder = EmployOrder | FeedOrder;

/** An owner of a slot, beside a pair. */
interface SlotHolder {
  readonly generation: number;
  handle(side: number, events: number): void;
}

/** The channel between a relay thread and the control side. */
export interface Control {
  /** The next orders that wait; never blocks. */
  next(): readonly Order[] | undefined;
  report(reports: readonly Report[]): void;
}

/** The work of one relay thread: sleeps in epoll, moves bytes, obeys orders, until told to stop. */
export class RelayLoop {
  readonly #shared: Shared;
  readonly #control: Control;
  readonly #poller: Epoll;
  readonly #pipes: PipePool;
  readonly #ways: DirectionContext;
  readonly #slots = new SlotArray<Pair | SlotHolder>();
  readonly #idle: IdleClock<Pair>;
  readonly #stalls = new StallWatch<Pair>();
  readonly #acceptor: Acceptor;
  readonly #fanout: Fanout;
  readonly #lag: Histogram;
  #now = performance.now();
  #tickAt = this.#now;
  /** Time of the last event. */
  #eventAt = this.#now;
  #trimAt = this.#now + TRIM_MS;
  #reports: Report[] = [];
  #reportAt = Number.POSITIVE_INFINITY;
  #reportedAt = 0;
  #loads: LoadOrder[] = [];
  /** All pairs have been given away. */
  #isEmpty = false;

  constructor(shared: Shared, control: Control) {
    this.#shared = shared;
    this.#control = control;
    this.#poller = new Epoll(shared.epoll);
    this.#pipes = new PipePool(shared.pipes);
    this.#ways = new DirectionContext(this.#pipes, shared.counters);
    this.#lag = new Histogram(LAG_BOUNDS, shared.lag);
    this.#idle = new IdleClock(this.#now);
    this.#poller.add(shared.wake, EPOLLIN | EPOLLET, WAKE_TAG, 0);
    this.#acceptor = new Acceptor(
      {
        poller: this.#poller,
        shared,
        scratch: this.#ways,
        assign: (slot, client) => this.#slots.put(slot, client),
        relay: (setup, watched, over) => this.#relay(setup, watched, over),
        report: (report) => this.#report(report),
      },
      DOOR_TAG,
    );
    this.#fanout = new Fanout({
      poller: this.#poller,
      shared,
      scratch: this.#ways,
      assign: (slot, holder) => this.#slots.put(slot, holder),
      report: (report) => this.#report(report),
    });
  }

  /**
   * Returns null when told to stop, or an order whose module is to be loaded: then call `loaded`
   * with that, and run again. Descriptors stay open: the control side closes them in the end.
   */
  run(): LoadOrder | null {
    while (Atomics.load(this.#shared.stop, 0) === 0 && !this.#isEmpty) {
      const load = this.#loads.shift();
      if (load !== undefined) return load;
      this.#turn();
    }
    this.#sendReports();
    return null;
  }

  loaded(module: SetupModule & FeedModule, order: LoadOrder): void {
    if (order.kind === 'employ') this.#acceptor.employ(module, order.settings);
    else this.#fanout.begin(order, module);
  }

  #turn(): void {
    const count = this.#poller.wait(this.#patience());
    this.#now = performance.now();
    if (count > 0) this.#eventAt = this.#now;
    for (let index = 0; index < count; index += 1) this.#dispatch(index);
    if (this.#now >= this.#tickAt) this.#tick();
    this.#acceptor.settle();
    if (this.#now >= this.#reportAt) this.#sendReports();
    this.#lag.observe((performance.now() - this.#now) / 1000);
  }

  /** The longest sleep at present, whole milliseconds. */
  #patience(): number {
    if (this.#reports.length === 0) return this.#isQuiet ? EMPTY_MS : TICK_MS;
    return Math.max(Math.ceil(this.#reportAt - this.#now), 0);
  }

  get #isQuiet(): boolean {
    return this.#slots.count === 0 && this.#now - this.#eventAt > QUIET_MS;
  }

  #report(report: Report): void {
    const canWait = report.kind === 'joined' || report.kind === 'ended';
    const due = canWait ? this.#now + REPORT_MS : Math.max(this.#now, this.#reportedAt + APART_MS);
    this.#reportAt = Math.min(this.#reportAt, due);
    this.#reports.push(report);
  }

  #sendReports(): void {
    this.#reportAt = Number.POSITIVE_INFINITY;
    this.#reportedAt = this.#now;
    if (this.#reports.length > 0) this.#control.report(this.#reports);
    this.#reports = [];
  }

  #tick(): void {
    this.#tickAt = this.#now + TICK_MS;
    for (const pair of this.#idle.expired(this.#now)) this.#end(pair, 'idle');
    for (const pair of this.#stalls.stalled(this.#now)) this.#end(pair, 'stalled');
    this.#acceptor.tick(this.#now);
    this.#fanout.tick(this.#now);
    if (this.#now < this.#trimAt) return;
    this.#trimAt = this.#now + TRIM_MS;
    this.#pipes.trim();
  }

  #dispatch(index: number): void {
    const tag = this.#poller.tagAt(index);
    if (tag === WAKE_TAG) this.#obey();
    else if (tag === DOOR_TAG) this.#acceptor.accept(this.#now);
    else this.#pass(tag, index);
  }

  #pass(tag: number, index: number): void {
    const holder = this.#slots.at(tag >> 1);
    // Somebody else may have the slot, and even the descriptor, by now.
    if (holder === undefined || holder.generation !== this.#poller.generationAt(index)) return;
    const mask = this.#poller.maskAt(index);
    if (holder instanceof Pair) {
      holder.activeAt = this.#now;
      this.#settle(holder, holder.handle(tag & CHILD, mask));
    } else {
      holder.handle(tag & CHILD, mask);
    }
  }

  #obey(): void {
    for (let orders = this.#control.next(); orders; orders = this.#control.next()) {
      for (const order of orders) this.#perform(order);
    }
  }

  #perform(order: Order): void {
    const { kind } = order;
    if (kind === 'join') this.#join(order);
    else if (kind === 'say') this.#acceptor.hear(order.message);
    else if (kind === 'view') this.#fanout.view(order);
    else if (kind === 'employ') this.#loads.push(order);
    else if (kind === 'feed') this.#feed(order);
    else if (kind === 'give') this.#give();
    else if (kind === 'end' || kind === 'let-go' || kind === 'stay') this.#orderPair(order);
    else if (kind === 'forget') this.#forget(order);
    else throw new Error(`relay thread: unknown order '${kind}'`);
  }

  #join({ watchState, ...setup }: Extract<Order, { kind: 'join' }>): void {
    const watch = watchState === undefined ? null : this.#acceptor.watch(watchState);
    this.#begin(this.#pairOf({ ...setup, watch }), undefined, setup.before?.quietMs);
  }

  #feed(order: FeedOrder): void {
    this.#fanout.open(order);
    this.#loads.push(order);
  }

  #orderPair({ kind, slot, generation }: PairOrder): void {
    const pair = this.#slots.at(slot);
    if (pair?.generation !== generation) return;
    if (!(pair instanceof Pair)) this.#fanout.end(slot, 'destroyed');
    else if (kind === 'end') this.#end(pair, 'destroyed');
    else this.#settle(pair, kind === 'stay' ? pair.stay() : pair.letGo());
  }

  #forget({ slot, generation }: PairOrder): void {
    if (this.#slots.at(slot)?.generation === generation) this.#fanout.forget(slot);
  }

  /** Reports all pairs but those being recalled, whose descriptors are closed with the thread. */
  #give(): void {
    this.#isEmpty = true;
    this.#acceptor.shut();
    const pairs: SlotPair[] = [];
    for (const holder of this.#slots) {
      const given = holder instanceof Pair ? holder.give(this.#now) : null;
      if (given === null) continue;
      const { slot } = holder as Pair;
      this.#shared.ends.fill(0, 2 * slot, 2 * slot + 2);
      pairs.push({ slot, ...given });
    }
    this.#report({ kind: 'given', pairs });
  }

  #relay(setup: PairSetup, watched: Watched, over: () => void): void {
    const pair = this.#pairOf(setup);
    pair.over = over;
    this.#begin(pair, watched);
  }

  #pairOf(setup: PairSetup): Pair {
    const pair = new Pair(this.#poller, this.#ways, setup);
    const { slot, watch } = setup;
    if (watch !== null) {
      pair.onRecall = () => this.#report({ kind: 'recall', slot, about: watch.about });
    }
    return pair;
  }

  #begin(pair: Pair, watched?: Watched, quietMs = 0): void {
    pair.activeAt = this.#now - quietMs;
    this.#slots.put(pair.slot, pair);
    this.#idle.add(pair);
    this.#settle(pair, pair.start(watched));
  }

  #settle(pair: Pair, end: RelayEnd | null): void {
    if (end !== null) this.#end(pair, end);
    else if (pair.isStuck) this.#stalls.add(pair, this.#now);
  }

  #end(pair: Pair, end: RelayEnd): void {
    const { slot } = pair;
    this.#slots.put(slot, undefined);
    this.#idle.remove(pair);
    this.#stalls.remove(pair);
    // The numbers may be other files' from here on: should this thread die, they must stay open.
    this.#shared.ends.fill(0, 2 * slot, 2 * slot + 2);
    pair.close(end);
    if (end === 'recalled') this.#report({ kind: end, slot, ...pair.recalled });
    else this.#report({ kind: 'ended', slot, end });
    pair.over?.();
  }
}
