import type { AddressInfo } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import type { Address } from '../../config/config.js';
import { messageOf } from '../../errors.js';
import type { LogLevel } from '../../logger.js';
import { NativeEngine } from '../../relay/native/engine.js';
import { close } from '../../relay/native/libc.js';
import { listenShared } from '../../relay/native/listen.js';
import { closeBoth } from '../../relay/native/takeover.js';
import type { RelayEngine } from '../../relay/relay.js';
import { aliasThread } from '../aliases.js';
import { ClientFront } from '../client-front.js';
import { addCounters, noCounters } from '../counters.js';
import type { ConnectionRow, FrontSummary } from '../front.js';
import { listenError } from '../listen-error.js';
import type { Route } from '../route.js';
import { BACKLOG } from '../tcp-port.js';
import type { FrontOptions } from './front-maker.js';
import { ListenerThread } from './listener-thread.js';
import type { Handover } from './thread-messages.js';

/** A thread that dies is replaced, but not over and over in one moment. */
const REPLACE_MS = 200;

/**
 * The RTMP port on several threads: each has a listening socket of its own on the one port, and the
 * kernel spreads clients over them. A thread serves a client until that has its child; then both are
 * handed over, and the engine carries them whatever becomes of the thread. So `connections` and
 * `counters` are those of the clients that were handed over.
 */
export class RtmpPool extends ClientFront {
  readonly #engine: NativeEngine;
  readonly #options: FrontOptions;
  readonly threads: ListenerThread[] = [];
  /** A listening socket a thread: clients wait in it while a thread is replaced. */
  readonly #sockets: number[] = [];
  #bound: AddressInfo | null = null;
  /** What threads had counted that are no more. */
  #ofTheDead = noCounters();
  #closing = false;

  constructor(engine: RelayEngine, options: FrontOptions) {
    if (!(engine instanceof NativeEngine)) throw new TypeError('only the native engine takes over');
    super(options.limits, null);
    this.#engine = engine;
    this.#options = options;
  }

  async start(): Promise<void> {
    const { address } = this.#options;
    try {
      this.#bind(address, this.#engine.threadCount);
    } catch (error) {
      throw listenError('listen.rtmp', address, error);
    }
    for (const index of this.#sockets.keys()) this.#spawn(index);
    await Promise.all(this.threads.map(({ listening }) => listening));
  }

  address(): AddressInfo | null {
    return this.#bound;
  }

  override summary(): FrontSummary {
    const handedOver = super.summary();
    let counters = addCounters(this.counters, this.#ofTheDead);
    let { connections } = handedOver;
    for (const thread of this.threads) {
      counters = addCounters(counters, thread.counters);
      connections += thread.connections;
    }
    return { ...handedOver, counters, connections };
  }

  override async rows(): Promise<ConnectionRow[]> {
    const identifying = await Promise.all(this.threads.map((thread) => thread.rows()));
    return [...(await super.rows()), ...identifying.flat()];
  }

  /** The thread that lent the alias knows, until it dies; whom it has handed over, we know too. */
  override async clientOf(alias: string): Promise<string | null> {
    // The first share is the control thread's.
    const thread = this.threads[aliasThread(alias, this.threads.length + 1) - 1];
    const client = (await thread?.clientOf(alias)) ?? null;
    if (client !== null || thread === undefined) return client;
    return [...this.connections].find((one) => one.alias === alias)?.client ?? null;
  }

  override async close(): Promise<void> {
    this.#closing = true;
    this.#bound = null;
    await Promise.all(this.threads.map((thread) => thread.close()));
    for (const fd of this.#sockets.splice(0)) close(fd);
    await super.close();
  }

  #bind(address: Address, threads: number): void {
    const first = listenShared(address, BACKLOG);
    this.#bound = first.bound;
    this.#sockets.push(first.fd);
    const same = { ...address, port: first.bound.port };
    while (this.#sockets.length < threads) this.#sockets.push(listenShared(same, BACKLOG).fd);
  }

  #spawn(index: number): void {
    const { limits, proxies, vhosts, identifyMs, server, logger, route } = this.#options;
    const threads = this.#engine.threadCount;
    const fd = this.#sockets[index] ?? -1;
    const share = { ...limits, connections: Math.ceil(limits.connections / threads) };
    const logLevel = logger.level as LogLevel;
    const thread = new ListenerThread(
      { fd, index, threads, limits: share, proxies, vhosts, identifyMs, server, logLevel },
      { route, log: (line) => this.#log(line), adopt: (...args) => this.#adopt(...args) },
    );
    this.threads[index] = thread;
    thread.gone.then((reason) => this.#replace(index, thread, reason));
  }

  /** Tries until it works: meanwhile clients wait in the listening socket. */
  async #replace(index: number, thread: ListenerThread, reason: string | null): Promise<void> {
    this.#ofTheDead = addCounters(this.#ofTheDead, thread.counters);
    thread.counters = null;
    const { logger } = this.#options;
    if (reason !== null) {
      logger.error({ thread: index, reason }, 'listener thread died, another takes its place');
    }
    while (!this.#closing && reason !== null && this.threads[index] === thread) {
      await delay(REPLACE_MS, undefined, { ref: false });
      if (this.#closing) return;
      try {
        this.#spawn(index);
      } catch (error) {
        logger.error({ thread: index, reason: messageOf(error) }, 'no new listener thread yet');
      }
    }
  }

  #adopt(handover: Handover, route: Route, thread: ListenerThread): void {
    const { id, ip, port, since, alias } = handover;
    const leave = () => {
      route.release();
      if (alias !== null) thread.free(alias);
    };
    const connection = this.connections.open(ip, port, since, id);
    if (typeof connection === 'string') {
      this.counters.refused += 1;
      closeBoth(handover);
      leave();
      return;
    }
    const { role, stream, owner, idleMs, client, child, toClient, toChild } = handover;
    Object.assign(connection, { role, stream, owner, alias });
    connection.relayed = this.#engine.adopt({ client, child, toClient, toChild }, idleMs);
    const ended = connection.relayed?.ended ?? Promise.resolve();
    ended.then(() => {
      this.connections.closed(connection);
      this.counters.relayed += 1;
      leave();
    });
  }

  /** A thread's log lines become ours, with the fields that they have. */
  #log(line: string): void {
    const { level, time: _time, msg, ...fields } = JSON.parse(line) as Record<string, unknown>;
    const { logger } = this.#options;
    const name = logger.levels.labels[Number(level)] as 'info' | undefined;
    logger[name ?? 'info'](fields, String(msg));
  }
}
