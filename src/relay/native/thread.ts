import { Socket } from 'node:net';
import { Worker } from 'node:worker_threads';
import { Histogram } from '../../collections/histogram.js';
import type { Logger } from '../../logging/logger.js';
import { workerEnd } from '../../system/worker-end.js';
import type { HandlerThread, SetupLink } from '../client-setup.js';
import type { GivenPair, KeptPair } from '../kept.js';
import type { RelayEnd, ThreadUsage } from '../relay.js';
import { HEAP_LIMIT } from './heap-limit.js';
import { close, createEpoll, createEvent, raiseEvent } from './libc.js';
import {
  createShared,
  LAG_BOUNDS,
  type Order,
  type OwnBytes,
  type Report,
  type Shared,
  SLOTS,
  type SlotPair,
  type ThreadSettings,
} from './protocol.js';
import { SlotArray } from './slots.js';
import type { RawPair } from './takeover.js';
import { ThreadConnection } from './thread-connection.js';
import { threadCpuSeconds } from './thread-cpu.js';

/** The control side of a relay thread: hands pairs over, hears of ends, cleans up after it. */
export class RelayThread implements HandlerThread {
  /** Resolves when the thread is gone and all that it held is closed: with why, unless asked to. */
  readonly gone: Promise<string | null>;
  #link: SetupLink | null = null;
  readonly #worker: Worker;
  readonly #shared: Shared;
  readonly #lag: Histogram;
  #logger: Logger;
  readonly #connections = new SlotArray<ThreadConnection>();
  #size = 0;
  /** Bytes of pairs that have ended. */
  #pastIn = 0;
  #pastOut = 0;
  readonly #freeSlots: number[] = [];
  #orders: Order[] = [];
  #usedSlots = 0;
  #generation = 0;
  #isGone = false;
  /** Called with the pairs that the thread gives away; null: it is not asked to. */
  #onGiven: ((pairs: readonly GivenPair[]) => void) | null = null;

  /** Throws LibcError when this process can open no more descriptors. */
  constructor(settings: ThreadSettings, logger: Logger) {
    this.#logger = logger;
    this.#shared = shareWith(settings);
    this.#lag = new Histogram(LAG_BOUNDS, this.#shared.lag);
    this.#worker = new Worker(new URL('./worker.js', import.meta.url), {
      workerData: this.#shared,
      name: 'relay',
      resourceLimits: HEAP_LIMIT,
    });
    this.#worker.unref();
    this.#worker.on('message', (reports: readonly Report[]) => {
      for (const report of reports) this.#hear(report);
    });
    this.gone = this.#watch();
  }

  /** Logs there from now on. */
  logTo(logger: Logger): void {
    this.#logger = logger;
  }

  /** The number of pairs that it carries. */
  get size(): number {
    return this.#size;
  }

  get isFull(): boolean {
    return this.#size >= SLOTS;
  }

  /** Returns what it has done; `index` is its place in the engine. */
  usage(index: number): ThreadUsage {
    let [bytesIn, bytesOut] = [this.#pastIn, this.#pastOut];
    for (const connection of this.#connections) {
      bytesIn += connection.bytesIn;
      bytesOut += connection.bytesOut;
    }
    const cpuSeconds = threadCpuSeconds(Atomics.load(this.#shared.tid, 0));
    return { index, pairs: this.#size, bytesIn, bytesOut, cpuSeconds, lag: this.#lag };
  }

  bytes(counter: number): number {
    return this.#shared.counters[counter] ?? 0;
  }

  /** Hands a pair over. Only while not full. */
  take(raw: RawPair): ThreadConnection {
    return this.admit([raw.client, raw.child], (place) => ({ kind: 'join', ...place, ...raw }));
  }

  /** Hands over a pair that was relayed before. Only while not full. */
  takeKept(kept: KeptPair): ThreadConnection {
    const { toClient, toChild, clientEnded, childEnded, quietMs, bytesIn, bytesOut, ...pair } =
      kept;
    const bytes = { toClient: ownBytes(toClient), toChild: ownBytes(toChild) };
    const before = { clientEnded, childEnded, quietMs };
    const connection = this.take({ ...pair, ...bytes, watchState: undefined, before });
    this.#shared.counters.set([bytesIn, bytesOut], 2 * connection.slot);
    return connection;
  }

  /** Has the thread give its pairs away, and end. Resolves with none if it dies instead. */
  give(): Promise<readonly GivenPair[]> {
    const given = new Promise<readonly GivenPair[]>((resolve) => {
      this.#onGiven = resolve;
    });
    this.order({ kind: 'give' });
    return Promise.race([given, this.gone.then(() => [])]);
  }

  /** Hands two descriptors over (-1: none), with an order for their slot. Only while not full. */
  admit(
    [client, child]: readonly [client: number, child: number],
    order: (place: { slot: number; generation: number }) => Order,
  ): ThreadConnection {
    const slot = this.#freeSlots.pop() ?? this.#usedSlots++;
    this.#generation = (this.#generation + 1) | 0;
    this.#shared.counters.fill(0, 2 * slot, 2 * slot + 2);
    this.#shared.ends.set([client + 1, child + 1], 2 * slot);
    const connection = this.#count(slot, this.#generation);
    this.order(order({ slot, generation: connection.generation }));
    return connection;
  }

  /** Starts a setup handler on the thread, in place of the one before. */
  employ(module: string, settings: unknown, link: SetupLink): void {
    this.#link = link;
    this.order({ kind: 'employ', module, settings });
  }

  say(message: unknown): void {
    this.order({ kind: 'say', message });
  }

  /** Goes out with what else this turn of the event loop has for the thread: a wake-up is dear. */
  order(order: Order): void {
    if (this.#orders.length === 0) setImmediate(() => this.#sendOrders());
    this.#orders.push(order);
  }

  /** Asks the thread to stop; `gone` tells when it has. */
  stop(): void {
    Atomics.store(this.#shared.stop, 0, 1);
    this.#hold();
    this.#wake();
  }

  #sendOrders(): void {
    this.#worker.postMessage(this.#orders, this.#orders.flatMap(buffersOf));
    this.#orders = [];
    this.#wake();
  }

  get #isStopping(): boolean {
    return Atomics.load(this.#shared.stop, 0) === 1;
  }

  /** Holds the process while there are connections, as sockets of its own would. */
  #hold(): void {
    if (this.#size > 0 || this.#isStopping) this.#worker.ref();
    else this.#worker.unref();
  }

  #wake(): void {
    if (!this.#isGone) raiseEvent(this.#shared.wake);
  }

  #count(slot: number, generation: number): ThreadConnection {
    const connection = new ThreadConnection(this, slot, generation);
    this.#connections.put(slot, connection);
    this.#size += 1;
    this.#hold();
    return connection;
  }

  #hear(report: Report): void {
    const { kind } = report;
    if (kind === 'ended') this.#finish(report.slot, report.end);
    else if (kind === 'told') this.#link?.heard(report.message);
    else if (kind === 'joined') this.#joined(report);
    else if (kind === 'handedBack') this.#handedBack(report);
    else if (kind === 'recall') void this.#connections.at(report.slot)?.recall(report.about);
    else if (kind === 'recalled') this.#recalled(report);
    else if (kind === 'given') this.#given(report.pairs);
    else this.#logger.warn({ reason: report.reason }, 'relay thread runs on any CPU');
  }

  #joined({ slot, generation, at, ticket }: Extract<Report, { kind: 'joined' }>): void {
    const connection = this.#count(slot, generation);
    connection.startedAt = at;
    if (this.#link === null) connection.destroy();
    else this.#link.joined(ticket, connection);
  }

  #handedBack({ client, ticket, about }: Extract<Report, { kind: 'handedBack' }>): void {
    if (this.#link === null) {
      close(client);
      return;
    }
    this.#link.handedBack(ticket, socketOf(client), about);
  }

  #recalled({ slot, client, about }: Extract<Report, { kind: 'recalled' }>): void {
    const connection = this.#connections.at(slot);
    if (connection) connection.recalled = { client: socketOf(client), about };
    else close(client);
    this.#finish(slot, 'recalled');
  }

  /** The connections that are given away end for nobody here. */
  #given(pairs: readonly SlotPair[]): void {
    const given = pairs.flatMap(({ slot, ...pair }) => {
      const connection = this.#connections.at(slot);
      if (connection === undefined) return [];
      const { bytesIn, bytesOut } = connection;
      this.#connections.put(slot, undefined);
      return [{ connection, pair: { ...pair, bytesIn, bytesOut } }];
    });
    this.#onGiven?.(given);
  }

  #finish(slot: number, end: RelayEnd): void {
    const connection = this.#connections.at(slot);
    if (!connection) return;
    this.#connections.put(slot, undefined);
    this.#size -= 1;
    connection.finish(end);
    this.#pastIn += connection.bytesIn;
    this.#pastOut += connection.bytesOut;
    if (slot < SLOTS) this.#freeSlots.push(slot);
    else Atomics.store(this.#shared.counted, slot, 0);
    this.#hold();
  }

  async #watch(): Promise<string | null> {
    const reason = await workerEnd(this.#worker);
    this.#closeAll();
    return this.#isStopping || this.#onGiven !== null ? null : reason;
  }

  /** The thread is gone: what it held open is closed here, what it had closed is not. */
  #closeAll(): void {
    this.#isGone = true;
    for (const end of this.#shared.ends) if (end > 0) close(end - 1);
    for (const { slot } of this.#connections) this.#finish(slot, 'destroyed');
    for (const fd of this.#shared.pipes) if (fd >= 0) close(fd);
    close(this.#shared.epoll);
    close(this.#shared.wake);
  }
}

function shareWith(settings: ThreadSettings): Shared {
  const epoll = createEpoll();
  try {
    return createShared(epoll, createEvent(), settings);
  } catch (error) {
    close(epoll);
    throw error;
  }
}

/** A paused socket of Node's for a descriptor that is the control side's. */
function socketOf(fd: number): Socket {
  return new Socket({ fd, allowHalfOpen: true, readable: true, writable: true }).pause();
}

/** Bytes in a buffer that can be moved to the thread. */
function ownBytes(bytes: Uint8Array | null): OwnBytes | null {
  return bytes === null || bytes.length === 0 ? null : new Uint8Array(bytes);
}

/** Buffers that are moved to the thread instead of copied. */
function buffersOf(order: Order): ArrayBuffer[] {
  if (order.kind !== 'join') return [];
  return [order.toClient, order.toChild].flatMap((bytes) => bytes?.buffer ?? []);
}
