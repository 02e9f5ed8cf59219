import { Worker } from 'node:worker_threads';
import { messageOf } from '../../errors.js';
import { type Logger, silentLogger } from '../../logging/logger.js';
import type { KeptUdpSession } from '../kept-udp.js';
import type {
  GivenUdpPort,
  KeepingUdp,
  SessionEnd,
  SessionOptions,
  UdpClient,
  UdpEndpoint,
  UdpRelay,
  UdpRelayOptions,
  UdpSession,
} from '../udp.js';
import { HEAP_LIMIT } from './heap-limit.js';
import { close, raiseEvent } from './libc.js';
import { boundPort, sendTo } from './libc-sockets.js';
import { localWords, nameOf } from './names.js';
import { sendFrom } from './send-from.js';
import type { SessionRef, UdpOrder, UdpReport, UdpShared } from './udp-protocol.js';
import { share, type UdpPlace } from './udp-shared.js';

/** A thread that died is replaced after this long: one that dies at once must not burn a CPU. */
const RESTART_MS = 100;

interface NativeSessionOptions extends SessionOptions {
  /** Told of each move of the session. */
  readonly moved?: (client: UdpClient) => void;
  /** Bytes of the session in the program before this one. */
  readonly past?: readonly [bytesIn: number, bytesOut: number];
}

class NativeSession implements UdpSession {
  readonly generation: number;
  readonly ended: Promise<SessionEnd>;
  readonly #slot: number;
  readonly #base: readonly [number, number];
  readonly #options: NativeSessionOptions;
  /** The child is heard by our side only. */
  #isHeld: boolean;
  #client: UdpClient;
  #relay: NativeUdpRelay | null;
  #resolve: (end: SessionEnd) => void = () => {};
  #bytes: readonly [number, number] = [0, 0];

  constructor(
    relay: NativeUdpRelay,
    { slot, generation }: SessionRef,
    client: UdpClient,
    options: NativeSessionOptions,
  ) {
    this.#relay = relay;
    this.#slot = slot;
    this.generation = generation;
    this.#client = client;
    this.#options = options;
    this.#isHeld = options.heard !== undefined;
    const [bytesIn, bytesOut] = relay.bytes(slot);
    const [pastIn, pastOut] = options.past ?? [0, 0];
    this.#base = [bytesIn - pastIn, bytesOut - pastOut];
    this.ended = new Promise((resolve) => {
      this.#resolve = resolve;
    });
  }

  get bytesIn(): number {
    return this.#count(0);
  }

  get bytesOut(): number {
    return this.#count(1);
  }

  send(datagram: Buffer): void {
    this.#relay?.order({ kind: 'tell', slot: this.#slot, generation: this.generation, datagram });
  }

  move(client: UdpClient): void {
    this.#client = client;
    this.#isHeld = false;
    this.#relay?.order({ kind: 'move', slot: this.#slot, generation: this.generation, client });
    this.#options.moved?.(client);
  }

  destroy(): void {
    this.#relay?.order({ kind: 'end', slot: this.#slot, generation: this.generation });
  }

  hear(datagram: Buffer): void {
    this.#options.heard?.(datagram);
  }

  /** Returns what outlives the program, with that socket to the child; null: it is held. */
  give(child: number): Omit<KeptUdpSession, 'thread'> | null {
    if (this.#isHeld || child < 0) return null;
    const { bytesIn, bytesOut } = this;
    const { mark = null } = this.#options;
    return { child, client: this.#client, mark, bytesIn, bytesOut };
  }

  /** Keeps the last counts: the slot goes to another session. */
  finish(end: SessionEnd): void {
    this.#bytes = [this.bytesIn, this.bytesOut];
    this.#relay = null;
    this.#resolve(end);
  }

  #count(way: 0 | 1): number {
    return this.#relay ? this.#relay.bytes(this.#slot)[way] - this.#base[way] : this.#bytes[way];
  }
}

/** The UDP relay for 64-bit Linux: a thread that moves datagrams in batches. */
export class NativeUdpRelay implements UdpRelay {
  readonly port: number;
  readonly keeping: KeepingUdp = {
    give: () => this.#give(),
    take: (kept) => this.take(kept),
  };
  readonly #options: UdpRelayOptions;
  readonly #logger: Logger;
  #shared: UdpShared;
  readonly #sessions = new Map<number, NativeSession>();
  readonly #freeSlots: number[];
  #generation = 0;
  #worker: Worker;
  #restart: NodeJS.Timeout | undefined;
  #closed: Promise<void> | null = null;

  /** Throws LibcError when the port cannot be had. */
  constructor(options: UdpRelayOptions, logger = silentLogger, place: UdpPlace = { cpu: null }) {
    this.#options = options;
    this.#logger = logger;
    this.#freeSlots = Array.from({ length: options.maxSessions }, (_, slot) => slot).reverse();
    this.#shared = share(options, place);
    this.port = boundPort(this.#shared.socket);
    this.#worker = this.#start();
    process.once('exit', this.#stop);
  }

  open(
    client: UdpClient,
    child: UdpEndpoint,
    first: readonly Buffer[],
    options: NativeSessionOptions = {},
  ): UdpSession | null {
    const place = this.#begin(client, options);
    if (place === null) return null;
    const { from = null, mark = null, heard } = options;
    const order = { ...place.ref, client, child, first, held: heard !== undefined };
    this.order({ kind: 'open', ...order, from, mark });
    return place.session;
  }

  /** See `KeepingUdp.take`. `moved` is told of each move of the session. */
  take(kept: KeptUdpSession, moved?: NativeSessionOptions['moved']): UdpSession | null {
    const { client, child: socket, mark, bytesIn, bytesOut } = kept;
    const options = { past: [bytesIn, bytesOut], ...(moved && { moved }) } as const;
    const place = this.#begin(client, mark ? { ...options, mark: Buffer.from(mark) } : options);
    if (place === null) close(socket);
    else this.order({ kind: 'take', ...place.ref, client, socket, mark });
    return place?.session ?? null;
  }

  #begin(client: UdpClient, options: NativeSessionOptions) {
    const slot = this.#restart ? undefined : this.#freeSlots.pop();
    if (slot === undefined) return null;
    this.#generation = (this.#generation + 1) | 0;
    const ref = { slot, generation: this.#generation };
    const session = new NativeSession(this, ref, client, options);
    this.#sessions.set(slot, session);
    return { ref, session };
  }

  send(datagram: Buffer, to: UdpEndpoint): void {
    if (this.#closed !== null) return;
    const { socket, family, localFamily } = this.#shared;
    const local = localFamily === null ? null : localWords(to.local, family);
    if (local === null) sendTo(socket, datagram, nameOf(to, family));
    else sendFrom(socket, datagram, { name: nameOf(to, family), local, family });
  }

  answerBy(settings: unknown): void {
    const { answerer } = this.#shared;
    if (answerer === null) return;
    // For the thread that takes over from one that dies, too.
    this.#shared = { ...this.#shared, answerer: { ...answerer, settings } };
    this.order({ kind: 'answer', settings });
  }

  order(order: UdpOrder): void {
    if (this.#closed !== null) return;
    this.#worker.postMessage(order);
    raiseEvent(this.#shared.wake);
  }

  /** Bytes of a slot, from client to child and back, over all sessions that it has had. */
  bytes(slot: number): readonly [number, number] {
    const { counters } = this.#shared;
    return [counters[2 * slot] ?? 0, counters[2 * slot + 1] ?? 0];
  }

  close(): Promise<void> {
    this.#closed ??= this.#close();
    return this.#closed;
  }

  /** A thread asleep in the kernel would hold the end of the process up. */
  readonly #stop = (): void => {
    Atomics.store(this.#shared.stop, 0, 1);
    raiseEvent(this.#shared.wake);
  };

  async #close(): Promise<void> {
    await this.#halt();
    this.#endAll();
    close(this.#shared.socket);
  }

  /** Ends the thread. */
  async #halt(): Promise<void> {
    process.off('exit', this.#stop);
    clearTimeout(this.#restart);
    const gone = new Promise((resolve) => this.#worker.once('exit', resolve));
    const isRunning = this.#worker.threadId >= 0;
    this.#stop();
    if (isRunning) await gone;
    const { epoll, wake } = this.#shared;
    for (const fd of [epoll, wake]) close(fd);
  }

  async #give(): Promise<GivenUdpPort> {
    const halted = this.#halt();
    // No order reaches a thread that ends, and none is given any more.
    this.#closed = halted;
    await halted;
    const sessions = Array.from(this.#sessions).flatMap(([slot, session]) => {
      const kept = session.give(Atomics.load(this.#shared.sockets, slot));
      if (kept === null) return [];
      Atomics.store(this.#shared.sockets, slot, -1);
      this.#sessions.delete(slot);
      return [{ kept: { thread: 0, ...kept }, session }];
    });
    this.#endAll();
    const { socket, cpu } = this.#shared;
    return { sockets: [socket], cpus: [cpu], sessions };
  }

  #start(): Worker {
    const url = new URL('./udp-worker.js', import.meta.url);
    const workerData = this.#shared;
    const worker = new Worker(url, { workerData, name: 'udp-relay', resourceLimits: HEAP_LIMIT });
    worker.on('message', (report: UdpReport) => this.#hear(report));
    worker.on('error', (error) => {
      this.#logger.error({ reason: messageOf(error) }, 'UDP relay thread died');
    });
    worker.once('exit', () => {
      if (this.#closed !== null) return;
      this.#endAll();
      this.#restart = setTimeout(() => {
        this.#restart = undefined;
        this.#worker = this.#start();
      }, RESTART_MS);
    });
    return worker;
  }

  #hear({ strangers, heard, ended, unpinned: reason }: UdpReport): void {
    if (reason) this.#logger.warn({ reason }, 'UDP relay thread runs on any CPU');
    Atomics.sub(this.#shared.strangers, 0, strangers.length + heard.length);
    for (const { slot, generation, datagram } of heard) {
      const session = this.#sessions.get(slot);
      if (session?.generation === generation) session.hear(Buffer.from(datagram.buffer));
    }
    for (const { slot, end } of ended) this.#finish(slot, end);
    for (const { datagram, from } of strangers) {
      this.#options.onStranger(Buffer.from(datagram.buffer), from);
    }
  }

  #finish(slot: number, end: SessionEnd): void {
    const session = this.#sessions.get(slot);
    if (!session) return;
    this.#sessions.delete(slot);
    session.finish(end);
    this.#freeSlots.push(slot);
  }

  /** The thread is gone: what it held open is closed here. */
  #endAll(): void {
    Atomics.store(this.#shared.strangers, 0, 0);
    for (const slot of [...this.#sessions.keys()]) {
      const fd = Atomics.exchange(this.#shared.sockets, slot, -1);
      if (fd >= 0) close(fd);
      this.#finish(slot, 'destroyed');
    }
  }
}
