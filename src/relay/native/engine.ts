import { setTimeout as delay } from 'node:timers/promises';
import type { Address } from '../../config/config.js';
import { messageOf } from '../../errors.js';
import { type Logger, silentLogger } from '../../logging/logger.js';
import { tell } from '../../logging/tell.js';
import type { Employment, SetupThreads, SharedPort } from '../client-setup.js';
import type { FanoutThreads, Feed, FeedStart } from '../fanout.js';
import type { GivenPair, KeepingEngine, KeptPair } from '../kept.js';
import { PortableEngine } from '../portable/tcp.js';
import type { RelayEngine, RelayedConnection, RelayPair, ThreadUsage } from '../relay.js';
import { acceptNext } from './accept-next.js';
import { openFeed } from './feeds.js';
import { FlushingConnection } from './flushing.js';
import { listenAgain, listenShared } from './listen.js';
import { PIPES } from './protocol.js';
import { isFlushed, takeOver } from './takeover.js';
import { RelayThread } from './thread.js';
import { ThreadConnection } from './thread-connection.js';

/** A thread that dies is replaced at once; after this long where it has not lived as long. */
const RETRY_MS = 1000;
/** Milliseconds for a thread to give its pairs away; one that stands still keeps them. */
const GIVE_MS = 2000;

export interface NativeOptions {
  /** The number of relay threads, at least 1. */
  readonly threads: number;
  /** One for each thread, over again when there are fewer; none: threads run anywhere. */
  readonly cpus?: readonly number[];
  /** Most pipes of all threads together; default: as many as they can use. */
  readonly pipes?: number;
  readonly logger?: Logger;
}

/**
 * The engine for Linux: threads that own the descriptors and move bytes within the kernel. The
 * portable engine carries pairs that have no descriptor to hand over, or find no thread.
 */
export class NativeEngine implements RelayEngine, SetupThreads, FanoutThreads, KeepingEngine {
  readonly name = 'native';
  readonly setupThreads = this;
  readonly acceptNext = acceptNext;
  readonly fanoutThreads = this;
  readonly keeping = this;
  readonly #threads: (RelayThread | null)[];
  readonly #cpus: readonly number[];
  /** Most pipes of one thread. */
  readonly #pipes: number;
  #logger: Logger;
  readonly #portable = new PortableEngine();
  readonly #flushing = new Set<FlushingConnection>();
  readonly #closing = new AbortController();
  readonly #kept: Promise<void>[];
  #employment: Employment | null = null;

  /** Throws LibcError when this process can open no more descriptors. */
  constructor({ threads, cpus = [], pipes, logger = silentLogger }: NativeOptions) {
    this.#cpus = cpus;
    this.#pipes = Math.min(Math.floor((pipes ?? Number.POSITIVE_INFINITY) / threads), PIPES);
    this.#logger = logger;
    this.#threads = Array.from({ length: threads }, (_, index) => this.#create(index));
    this.#kept = this.#threads.map((_, index) => this.#keep(index));
    process.once('exit', this.#stopAll);
  }

  get threadCount(): number {
    return this.#threads.length;
  }

  /** The threads that live. */
  get threads(): readonly RelayThread[] {
    return this.#threads.filter((thread) => thread !== null);
  }

  threadUsage(): ThreadUsage[] {
    return this.#threads.flatMap((thread, index) => thread?.usage(index) ?? []);
  }

  join(pair: RelayPair): RelayedConnection {
    if (isFlushed(pair)) return this.#joinNow(pair);
    const connection = new FlushingConnection(pair, () => this.#joinNow(pair));
    this.#flushing.add(connection);
    void connection.ended.then(() => this.#flushing.delete(connection));
    return connection;
  }

  listen(address: Address, backlog: number, open: readonly number[] = []): SharedPort {
    const { threadCount } = this;
    return open.length > 0
      ? listenAgain(open, threadCount)
      : listenShared(address, backlog, threadCount);
  }

  logTo(logger: Logger): void {
    this.#logger = logger;
    for (const thread of this.threads) thread.logTo(logger);
  }

  keeps(relayed: object): boolean {
    return relayed instanceof ThreadConnection;
  }

  async give(): Promise<readonly GivenPair[]> {
    this.#closing.abort();
    const late = delay(GIVE_MS, [], { ref: false });
    const giving = this.threads.map((thread) => Promise.race([thread.give(), late]));
    return (await Promise.all(giving)).flat();
  }

  take(pair: KeptPair): RelayedConnection {
    const thread = this.#leastLoaded();
    if (thread === null) throw new Error('no relay thread has room for a pair');
    return thread.takeKept(pair);
  }

  employ(employment: Employment | null): void {
    this.#employment = employment;
    for (const [index, thread] of this.#threads.entries()) {
      if (thread !== null) this.#hire(index, thread);
    }
  }

  openFeed(thread: number, start: FeedStart): Feed | null {
    const found = this.#closing.signal.aborted ? null : this.#threads[thread];
    return found ? openFeed(found, start, this.#portable) : null;
  }

  async close(): Promise<void> {
    this.#closing.abort();
    process.off('exit', this.#stopAll);
    const flushing = [...this.#flushing];
    for (const connection of flushing) connection.destroy();
    this.#stopAll();
    await Promise.all([...this.#kept, ...flushing.map(({ ended }) => ended)]);
    await this.#portable.close();
  }

  /** A thread asleep in the kernel would hold the end of the process up. */
  readonly #stopAll = (): void => {
    for (const thread of this.threads) thread.stop();
  };

  #joinNow(pair: RelayPair): RelayedConnection {
    const thread = this.#closing.signal.aborted ? null : this.#leastLoaded();
    const raw = thread && takeOver(pair);
    return raw ? thread.take(raw) : this.#portable.join(pair);
  }

  #leastLoaded(): RelayThread | null {
    let least: RelayThread | null = null;
    for (const thread of this.#threads) {
      if (thread && !thread.isFull && (!least || thread.size < least.size)) least = thread;
    }
    return least;
  }

  #create(index: number): RelayThread {
    const { length } = this.#cpus;
    const cpu = (length > 0 ? this.#cpus[index % length] : null) ?? null;
    const thread = new RelayThread({ cpu, pipes: this.#pipes }, this.#logger);
    this.#hire(index, thread);
    return thread;
  }

  #hire(index: number, thread: RelayThread): void {
    if (this.#employment === null) return;
    const { module, begin } = this.#employment;
    const { settings, link } = begin(index, thread);
    thread.employ(module, settings, link);
  }

  /** Puts another thread in place of one that dies, until the engine closes. */
  async #keep(index: number): Promise<void> {
    const { signal } = this.#closing;
    while (!signal.aborted) {
      const began = performance.now();
      const reason = await this.#threads[index]?.gone;
      this.#threads[index] = null;
      if (reason === null) return;
      if (reason !== undefined) {
        const line = { level: 'error', message: 'relay thread died' } as const;
        tell(this.#logger, { type: 'relay-thread', thread: index, reason }, line);
      }
      if (performance.now() - began < RETRY_MS) await this.#pause();
      if (!signal.aborted) this.#replace(index);
    }
  }

  #replace(index: number): void {
    try {
      this.#threads[index] = this.#create(index);
    } catch (error) {
      this.#logger.error({ thread: index, reason: messageOf(error) }, 'no new relay thread');
    }
  }

  async #pause(): Promise<void> {
    const options = { signal: this.#closing.signal, ref: false };
    await delay(RETRY_MS, undefined, options).catch(() => {});
  }
}
