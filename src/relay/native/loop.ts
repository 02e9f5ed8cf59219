import { IdleClock } from '../idle.js';
import type { RelayEnd } from '../relay.js';
import { clearEvent, EPOLLIN } from './libc.js';
import { CHILD, Pair } from './pair.js';
import { PipePool } from './pipes.js';
import { Poller } from './poller.js';
import { type Ended, type Order, type Report, type Shared, SLOT_CLOSED } from './protocol.js';
import { WayContext } from './way.js';

/** The longest sleep: the grain of idle limits. */
const TICK_MS = 1000;
const WAKE_TAG = -1;

/** How a relay thread talks to the control side. */
export interface Control {
  /** The next orders that wait; never blocks. */
  next(): readonly Order[] | undefined;
  report(report: Report): void;
}

/** The work of one relay thread: sleeps in epoll, moves bytes, obeys orders, until told to stop. */
export class RelayLoop {
  readonly #shared: Shared;
  readonly #control: Control;
  readonly #poller: Poller;
  readonly #ways: WayContext;
  readonly #pairs: (Pair | undefined)[] = [];
  readonly #idle: IdleClock<Pair>;
  #now = performance.now();
  #ended: Ended[] = [];

  constructor(shared: Shared, control: Control) {
    this.#shared = shared;
    this.#control = control;
    this.#poller = new Poller(shared.epoll);
    this.#ways = new WayContext(new PipePool(shared.pipes), shared.counters);
    this.#idle = new IdleClock(this.#now);
    this.#poller.add(shared.wake, EPOLLIN, WAKE_TAG, 0);
  }

  /** Returns when told to stop. What is open then stays open: the control side closes it. */
  run(): void {
    while (Atomics.load(this.#shared.stop, 0) === 0) {
      const count = this.#poller.wait(TICK_MS);
      this.#now = performance.now();
      for (let index = 0; index < count; index += 1) this.#dispatch(index);
      for (const pair of this.#idle.expired(this.#now)) this.#end(pair, 'idle');
      this.#reportEnded();
    }
  }

  #dispatch(index: number): void {
    const tag = this.#poller.tagAt(index);
    if (tag === WAKE_TAG) {
      this.#obey();
      return;
    }
    const pair = this.#pairs[tag >> 1];
    // Another pair may have the slot, and even the descriptor, by now.
    if (pair === undefined || pair.generation !== this.#poller.generationAt(index)) return;
    pair.activeAt = this.#now;
    const end = pair.handle(tag & CHILD, this.#poller.maskAt(index));
    if (end !== null) this.#end(pair, end);
  }

  #obey(): void {
    clearEvent(this.#shared.wake);
    for (let orders = this.#control.next(); orders; orders = this.#control.next()) {
      for (const order of orders) this.#perform(order);
    }
  }

  #perform(order: Order): void {
    const { kind, slot, generation } = order;
    if (kind === 'join') {
      this.#begin(new Pair(this.#poller, this.#ways, order));
      return;
    }
    if (kind !== 'end') throw new Error(`relay thread: unknown order '${kind}'`);
    const pair = this.#pairs[slot];
    if (pair?.generation === generation) this.#end(pair, 'destroyed');
  }

  #begin(pair: Pair): void {
    pair.activeAt = this.#now;
    this.#pairs[pair.slot] = pair;
    this.#idle.add(pair);
    const end = pair.start();
    if (end !== null) this.#end(pair, end);
  }

  #end(pair: Pair, end: RelayEnd): void {
    this.#pairs[pair.slot] = undefined;
    this.#idle.remove(pair);
    // From here on the numbers are nobody's: should this thread die, they must not be closed again.
    Atomics.store(this.#shared.states, pair.slot, SLOT_CLOSED);
    pair.close(end);
    this.#ended.push({ slot: pair.slot, end });
  }

  #reportEnded(): void {
    if (this.#ended.length === 0) return;
    this.#control.report({ kind: 'ended', pairs: this.#ended });
    this.#ended = [];
  }
}
