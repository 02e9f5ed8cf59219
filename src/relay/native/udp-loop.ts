import { performance } from 'node:perf_hooks';
import type { Answers } from '../answerer.js';
import { ClientTable, NO_TAG } from '../client-table.js';
import { IdleClock } from '../idle.js';
import type { SessionEnd, UdpClient } from '../udp.js';
import { openTowards } from './child-socket.js';
import { BATCH, Datagrams } from './datagrams.js';
import { Epoll } from './epoll.js';
import {
  addressOf,
  close,
  EAGAIN,
  ECONNREFUSED,
  EPOLLET,
  EPOLLIN,
  errno,
  MSG_DONTWAIT,
  MSG_NOSIGNAL,
  send,
  sleep,
} from './libc.js';
import { SOL_UDP, tryOption, UDP_SEGMENT } from './libc-sockets.js';
import { endpointOf, keyOf, localWords, type NameKey, nameOf } from './names.js';
import { type Flow, receiveFrom } from './udp-flow.js';
import type { UdpOrder, UdpReport, UdpShared } from './udp-protocol.js';
import { UdpReports } from './udp-reports.js';

const TICK_MS = 1000;
/** The longest sleep while there is nobody whose limit could pass. */
const EMPTY_MS = 10_000;
/** Batches that clients get in a row, before children have their turn. */
const MAX_BATCHES = 4;
const WAKE_TAG = -1;
const SOCKET_TAG = -2;

export interface UdpControl {
  /** The next order that waits; never blocks. */
  next(): UdpOrder | undefined;
  report(report: UdpReport): void;
}

/** The work of a UDP relay's thread: batches in, batches out, until told to stop. */
export class UdpLoop {
  readonly #shared: UdpShared;
  readonly #control: UdpControl;
  readonly #answers: Answers | null;
  readonly #reports: UdpReports;
  readonly #poller: Epoll;
  readonly #up: Datagrams;
  readonly #down: Datagrams;
  readonly #flows: (Flow | undefined)[] = [];
  readonly #clients = new ClientTable<NameKey, Flow>();
  readonly #idle: IdleClock<Flow>;
  #now = performance.now();
  #turn = 0;
  /** Datagrams of children that wait to be sent together. */
  #downCount = 0;
  /** Datagrams of the batch that an answer lies in the place of. */
  readonly #answered: number[] = [];

  constructor(shared: UdpShared, control: UdpControl, answers: Answers | null) {
    this.#shared = shared;
    this.#control = control;
    this.#answers = answers;
    const { localFamily } = shared;
    this.#reports = new UdpReports(shared.strangers, localFamily, control.report);
    this.#poller = new Epoll(shared.epoll);
    this.#idle = new IdleClock(this.#now);
    const segments = tryOption(shared.socket, SOL_UDP, UDP_SEGMENT, 0);
    this.#up = new Datagrams({ named: true, segments, localFamily });
    this.#down = new Datagrams({ named: false, segments, localFamily });
    this.#poller.add(shared.wake, EPOLLIN | EPOLLET, WAKE_TAG, 0);
    this.#poller.add(shared.socket, EPOLLIN, SOCKET_TAG, 0);
  }

  /** Returns when told to stop. What is open then stays open: the control side closes it. */
  run(): void {
    const { gatherMs } = this.#shared;
    // Sessions of the program before this one come before what their clients have sent meanwhile.
    this.#obey();
    while (Atomics.load(this.#shared.stop, 0) === 0) {
      const count = this.#poller.wait(this.#idle.isEmpty ? EMPTY_MS : TICK_MS);
      const before = this.#now;
      this.#now = performance.now();
      this.#turn += 1;
      for (let index = 0; index < count; index += 1) this.#dispatch(index);
      this.#flushDown();
      for (const flow of this.#idle.expired(this.#now)) this.#end(flow, 'idle');
      this.#reports.send();
      if (this.#now - before < 2 * gatherMs) sleep(1000 * gatherMs);
    }
  }

  #dispatch(index: number): void {
    const tag = this.#poller.tagAt(index);
    if (tag === WAKE_TAG) this.#obey();
    else if (tag === SOCKET_TAG) this.#pullClients();
    else {
      const flow = this.#flows[tag];
      if (flow?.generation === this.#poller.generationAt(index)) this.#pullChild(flow);
    }
  }

  #pullClients(): void {
    for (let batches = 1; this.#pullBatch() === BATCH && batches < MAX_BATCHES; batches += 1);
  }

  /** Sends a client's datagrams in a row to its child at once; answers how many they are. */
  #pullBatch(): number {
    const count = this.#up.receive(this.#shared.socket, 0);
    for (let first = 0; first < count; ) {
      const tag = this.#tagOf(first);
      let end = first + 1;
      while (end < count && this.#isOfSame(end, tag)) end += 1;
      const flow = this.#clients.get(this.#up.keyOf(first), tag);
      if (flow && !this.#isChecked(first, flow.mark)) this.#sendUp(flow, first, end);
      else for (let i = first; i < end; i += 1) this.#meetStranger(i);
      first = end;
    }
    this.#sendAnswers();
    return count;
  }

  /** Answers whether a datagram goes with those before it, which came from this client. */
  #isOfSame(index: number, tag: number): boolean {
    const isSame = this.#up.isOfSame(index) && this.#tagOf(index) === tag;
    return isSame && !this.#isChecked(index - 1, null) && !this.#isChecked(index, null);
  }

  /** Answers whether the control side has to see it: it holds no mark of the session's. */
  #isChecked(index: number, mark: Uint8Array | null): boolean {
    const { checkedBelow } = this.#shared;
    if (checkedBelow === 0 || this.#up.startOf(index) >> 8 >= checkedBelow) return false;
    return mark === null || !this.#up.holds(index, mark);
  }

  #tagOf(index: number): number {
    const { tagAt } = this.#shared;
    return tagAt < 0 ? NO_TAG : this.#up.wordOf(index, tagAt);
  }

  #sendUp(flow: Flow, first: number, end: number): void {
    flow.activeAt = this.#now;
    if (!this.#up.isAt(first, flow.local)) flow.local = this.#up.localOf(first);
    this.#count(2 * flow.slot, this.#up.queue(first, end, null));
    if (this.#up.send(flow.socket) === ECONNREFUSED) this.#end(flow, 'child-gone');
    else if (this.#hasFarewell(this.#up, first, end)) this.#end(flow, 'farewell');
  }

  #hasFarewell(datagrams: Datagrams, first: number, end: number): boolean {
    const { farewell } = this.#shared;
    return farewell >= 0 && datagrams.anyStartsWith(farewell, first, end);
  }

  #meetStranger(index: number): void {
    const answer = this.#answerTo(index);
    if (answer === null) {
      this.#reports.stranger(this.#up, index);
      return;
    }
    this.#up.replace(index, answer);
    this.#answered.push(index);
  }

  #answerTo(index: number): Buffer | null {
    if (this.#answers === null) return null;
    return this.#answers.to(this.#up.viewOf(index), endpointOf(this.#up.senderOf(index)));
  }

  /** Before the next batch takes the memory that answers lie in. */
  #sendAnswers(): void {
    if (this.#answered.length === 0) return;
    for (const index of this.#answered) this.#up.queueBack(index);
    this.#answered.length = 0;
    this.#up.send(this.#shared.socket);
  }

  /** One batch of what a child sent to one client; it goes out with what others got meanwhile. */
  #pullChild(flow: Flow): void {
    if (this.#downCount === BATCH) this.#flushDown();
    const first = this.#downCount;
    const count = receiveFrom(flow, this.#turn, this.#down, first);
    if (count < 0) {
      if (errno() !== EAGAIN) this.#end(flow, 'child-gone');
      return;
    }
    flow.activeAt = this.#now;
    if (flow.held) this.#handOver(flow, first, count);
    else this.#sendDown(flow, first, count);
  }

  #handOver(flow: Flow, first: number, count: number): void {
    for (let i = first; i < first + count; i += 1) this.#reports.heard(flow, this.#down, i);
  }

  #sendDown(flow: Flow, first: number, count: number): void {
    this.#downCount += count;
    this.#count(2 * flow.slot + 1, this.#down.queue(first, this.#downCount, flow));
    if (this.#hasFarewell(this.#down, first, first + count)) this.#end(flow, 'farewell');
  }

  #flushDown(): void {
    this.#down.send(this.#shared.socket);
    this.#downCount = 0;
  }

  #obey(): void {
    // Names that waiting datagrams point to may change now.
    this.#flushDown();
    for (let order = this.#control.next(); order; order = this.#control.next()) {
      this.#perform(order);
    }
  }

  #perform(order: UdpOrder): void {
    if (order.kind === 'open') this.#open(order);
    else if (order.kind === 'take') this.#begin(order, order.socket, false);
    else if (order.kind === 'answer') this.#answers?.changeTo(order.settings);
    else this.#change(order);
  }

  #change(order: UdpOrder & { kind: 'move' | 'tell' | 'end' }): void {
    const { kind, slot, generation } = order;
    const flow = this.#flows[slot];
    if (flow?.generation !== generation) return;
    if (kind === 'move') this.#move(flow, order.client);
    else if (kind === 'tell') this.#tell(flow, order.datagram);
    else this.#end(flow, 'destroyed');
  }

  #open(order: UdpOrder & { kind: 'open' }): void {
    const socket = openTowards(order.child, order.from);
    const flow = socket === null ? null : this.#begin(order, socket, order.held);
    if (flow === null) this.#reports.ended(order.slot, 'destroyed');
    else for (const datagram of order.first) this.#tell(flow, datagram);
  }

  /** Relays a session by its socket to the child; null, with that closed: there is no room. */
  #begin(order: UdpOrder & { kind: 'open' | 'take' }, socket: number, held: boolean): Flow | null {
    const { slot, generation, client, mark } = order;
    if (!this.#poller.add(socket, EPOLLIN, slot, generation)) {
      close(socket);
      return null;
    }
    Atomics.store(this.#shared.sockets, slot, socket);
    const { idleMs } = this.#shared;
    const begin = { idleMs, activeAt: this.#now, idlePlace: null, sendsSingly: false, readAt: 0 };
    const flow: Flow = { slot, generation, socket, held, mark, ...begin, ...this.#name(client) };
    this.#flows[slot] = flow;
    if (!held) this.#clients.set(flow.key, flow.tag, flow);
    this.#idle.add(flow);
    return flow;
  }

  #tell(flow: Flow, datagram: Uint8Array): void {
    const { length, 0: high = 0, 1: low = 0 } = datagram;
    const sent = send(flow.socket, addressOf(datagram), length, MSG_DONTWAIT | MSG_NOSIGNAL);
    this.#count(2 * flow.slot, Math.max(0, sent));
    if (((high << 8) | low) === this.#shared.farewell) this.#end(flow, 'farewell');
  }

  #move(flow: Flow, client: UdpClient): void {
    this.#forgetClient(flow);
    Object.assign(flow, this.#name(client), { held: false });
    this.#clients.set(flow.key, flow.tag, flow);
  }

  #end(flow: Flow, end: SessionEnd): void {
    // A waiting datagram may point to its name.
    this.#flushDown();
    this.#flows[flow.slot] = undefined;
    this.#forgetClient(flow);
    this.#idle.remove(flow);
    // The number may be another file's from here on: should this thread die, it must stay open.
    Atomics.store(this.#shared.sockets, flow.slot, -1);
    close(flow.socket);
    this.#reports.ended(flow.slot, end);
  }

  #forgetClient(flow: Flow): void {
    this.#clients.delete(flow.key, flow.tag, flow);
  }

  #name(client: UdpClient): Pick<Flow, 'key' | 'tag' | 'name' | 'nameAddress' | 'local'> {
    const { family, localFamily } = this.#shared;
    const name = nameOf(client, family);
    const { tag = NO_TAG } = client;
    const local = localFamily === null ? null : localWords(client.local, family);
    return { key: keyOf(name), tag, name, nameAddress: addressOf(name), local };
  }

  #count(counter: number, bytes: number): void {
    this.#shared.counters[counter] = (this.#shared.counters[counter] ?? 0) + bytes;
  }
}
