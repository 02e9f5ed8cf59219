import { type AddressInfo, isIP, type Socket } from 'node:net';
import type { LogLevel } from '../../logging/logger.js';
import { record } from '../../logging/tell.js';
import type { OwnerRef } from '../../owner.js';
import type { Renamed } from '../../protocol/rtmp/stream-watch.js';
import type { HandlerThread, SetupThreads, SharedPort } from '../../relay/client-setup.js';
import type { RelayedConnection } from '../../relay/relay.js';
import type { Role, StreamKey } from '../../stream-key.js';
import { noteOpen, takePort } from '../../system/open-ports.js';
import { canAlias } from '../aliases.js';
import { ConnectionBudget, type ConnectionLimits } from '../budget.js';
import type { Connection } from '../connection.js';
import { idMark } from '../connection-ids.js';
import { addCounters, noCounters } from '../counters.js';
import { targetOf } from '../dial-as-client.js';
import type { Wish } from '../gate.js';
import type { HookClient } from '../held-hooks.js';
import { listenError } from '../listen-error.js';
import type { ConnectionRow, ListenerSummary } from '../listener.js';
import type { Route } from '../route.js';
import { BACKLOG } from '../tcp-port.js';
import { BaseRtmpListener, type RtmpPortOptions } from './base-listener.js';
import { ClientRoute } from './client-route.js';
import { followed } from './player-wait.js';
import { asError, RtmpSession, type RtmpSessionContext } from './session.js';
import { SETUP_MODULE } from './setup-handler.js';
import { withBuffers } from './talk.js';
import { type RoutedClient, ThreadLink } from './thread-link.js';
import type { Resumed, RouteAnswer, RouteQuestion, SetupSettings } from './thread-messages.js';

/** The port's key in the configuration. */
const KEY = 'listen.rtmp';

/**
 * The RTMP port on the relay's own threads: each has a listening socket on the one port, and the
 * kernel spreads clients over them. A thread serves a client until that is relayed; this side says
 * where it goes, and goes on with a client that does not get there at the first attempt.
 */
export class RtmpPool extends BaseRtmpListener {
  readonly #threads: SetupThreads;
  readonly #options: RtmpPortOptions;
  readonly #budget: ConnectionBudget;
  /** The links to the handlers, by thread. */
  readonly links: ThreadLink[] = [];
  /** A listening socket a thread: clients wait in it while a thread is replaced. */
  #port: SharedPort | null = null;
  /** Tells the handlers the log's new level. */
  readonly #tellLevel = () => {
    const level = this.context.logger.level as LogLevel;
    for (const link of this.links) link.say({ kind: 'level', level });
  };
  /** Forgets that the port is open. */
  #forget = (): void => {};
  /** The counts of threads that are no more. */
  #ofTheDead = noCounters();

  constructor(threads: SetupThreads, options: RtmpPortOptions, context: RtmpSessionContext) {
    const budget = budgetOf(options.limits, threads.threadCount);
    super(budget, context);
    this.#budget = budget;
    this.#threads = threads;
    this.#options = options;
  }

  async start(): Promise<void> {
    this.#budget.call = (member) => this.#crowded(member);
    this.context.logger.on('level-change', this.#tellLevel);
    const { address } = this.#options;
    try {
      this.#port = this.#threads.listen(address, BACKLOG, takePort(KEY, address));
    } catch (error) {
      throw listenError(KEY, address, error);
    }
    const sockets = () => this.#port?.sockets ?? [];
    this.#forget = noteOpen(KEY, address, { sockets, stop: () => this.#settle() });
    const begin = (index: number, thread: HandlerThread) => this.#begin(index, thread);
    this.#threads.employ({ module: SETUP_MODULE, begin });
    await Promise.all(this.links.map(({ opened }) => opened));
  }

  /** Tells the handlers the present rules, after a reload has changed them. */
  tellRules(): void {
    const { vhosts, identifyMs } = this.context;
    for (const link of this.links) link.say({ kind: 'rules', vhosts, identifyMs });
  }

  address(): AddressInfo | null {
    return this.#port?.bound ?? null;
  }

  override summary(): ListenerSummary {
    const known = super.summary();
    let counters = addCounters(this.counters, this.#ofTheDead);
    let { connections } = known;
    for (const link of this.links) {
      counters = addCounters(counters, link.counters);
      connections += link.connections;
    }
    return { ...known, counters, connections };
  }

  override async rows(): Promise<ConnectionRow[]> {
    const unknown = await Promise.all(this.links.map((link) => link.rows()));
    return [...(await super.rows()), ...unknown.flat()];
  }

  override endOf(owner: OwnerRef, reason: string, stream?: StreamKey, role?: Role): void {
    super.endOf(owner, reason, stream, role);
    for (const link of this.links) link.endOf(owner, stream, role);
  }

  override async close(): Promise<void> {
    const port = this.#port;
    this.#port = null;
    this.#forget();
    this.context.logger.off('level-change', this.#tellLevel);
    this.#threads.employ(null);
    await Promise.all(this.links.map((link) => link.close()));
    port?.close();
    await super.close();
  }

  /** Lets nobody in any more; resolves when nobody is on the way to a child. */
  async #settle(): Promise<void> {
    for (const link of this.links) link.say({ kind: 'settle' });
    await Promise.all(this.links.map((link) => link.settled));
  }

  /** Makes the link to a thread, the first of its index or one in place of a dead one. */
  #begin(index: number, thread: HandlerThread): { settings: SetupSettings; link: ThreadLink } {
    const link = new ThreadLink((order) => thread.say(order), {
      ask: (asking) => void this.#ask(link, asking, memberOf(index)),
      left: (routed) => this.#left(routed),
      joined: (routed, connection) => this.#joined(routed, connection),
      resumed: (routed, client, resumed) => this.#resume(routed, client, resumed),
      log: (line) => this.#log(line),
      happened: (event) => record(this.context.logger, event),
      crowded: (member) => this.#crowded(member),
    });
    this.links[index] = link;
    void thread.gone.then(() => {
      this.#ofTheDead = addCounters(this.#ofTheDead, link.counters);
      link.gone();
      this.#budget.forget(memberOf(index));
    });
    const { vhosts, identifyMs, childAnswerMs, server, vhostSizes } = this.context;
    const { logger } = this.context;
    return {
      link,
      settings: {
        fd: this.#port?.sockets[index] ?? -1,
        budget: this.#budget.share(memberOf(index)),
        proxies: this.#options.proxies,
        ...{ vhosts, identifyMs, childAnswerMs, server },
        ...(vhostSizes && { vhostSizes }),
        logLevel: logger.level as LogLevel,
        idMark: idMark(),
      },
    };
  }

  async #ask(link: ThreadLink, asking: RouteQuestion, member: number): Promise<void> {
    const { ticket, stream, role, token } = asking;
    const connection = this.connections.adopt(asking, member);
    connection.named(stream, role);
    const routed = link.welcome(ticket, connection);
    await this.#route(routed, { stream, role, token }).catch((error: Error) => {
      routed.error = error;
    });
    const { route } = routed;
    if (routed.hasLeft) this.#release(routed);
    else link.say({ kind: 'answer', ticket, answer: this.#answer(connection, route) });
  }

  async #route(routed: RoutedClient, wish: Wish): Promise<void> {
    const { gate, held, turns, route, fanout } = this.context;
    const { stream, role } = wish;
    const isIn = await gate.pass(routed.connection, { ...wish, mayStandBy: true });
    if (routed.hasLeft) return;
    routed.waits = !isIn;
    if (role === 'play' && held !== undefined) {
      const shares = fanout?.wants(routed.connection, stream) ?? false;
      routed.waits = (await held.mustWait(stream)) || shares;
    }
    if (routed.waits) return;
    routed.endTurn = (await turns?.begin(routed.connection)) ?? null;
    if (!routed.hasLeft) routed.route = await route(stream, role);
  }

  #answer(connection: Connection, route: Route | null): RouteAnswer {
    if (route === null || route.via !== undefined) return 'hand-back';
    const { host, port } = targetOf(route, 'rtmp');
    const isNear = canAlias(host);
    if (!isNear && isIP(host) === 0) return 'hand-back';
    const from = isNear ? connection.takeAlias(this.context.aliases) : connection.alias;
    return { dial: { host, port, from } };
  }

  /** A member of the budget is asked to make room. */
  #crowded(member: number): void {
    if (member === 0) this.#budget.heed();
    else this.links[member - 1]?.say({ kind: 'heed' });
  }

  #left(routed: RoutedClient): void {
    this.#release(routed);
    this.leave(routed.connection);
  }

  #release({ route, endTurn }: RoutedClient): void {
    route?.release();
    endTurn?.();
  }

  async #joined(routed: RoutedClient, relayed: RelayedConnection): Promise<void> {
    const { connection, route, isDoomed } = routed;
    routed.endTurn?.();
    connection.servedBy(route?.owner ?? null, relayed);
    if (isDoomed || connection.isEnding) relayed.destroy();
    const { held } = this.context;
    const its = new ClientRoute(connection, this.context, route);
    let hookClient: HookClient | null = null;
    relayed.onRecall = async (about) => {
      const stays = await its.renamed(about as Renamed);
      if (!stays && held !== undefined) hookClient = followed(held, connection);
      return stays;
    };
    await relayed.ended;
    const { recalled } = relayed;
    const first = recalled ? its.takeNext() : null;
    its.release();
    if (recalled) {
      await this.serveMoved(connection, { ...recalled, isViewer: false, first, hookClient });
      return;
    }
    this.served(connection);
    this.leave(connection);
  }

  /** Goes on with a client that its thread could not bring to a child. */
  #resume(routed: RoutedClient, client: Socket, { identified, fault }: Resumed): void {
    const { connection, route, waits, error } = routed;
    routed.endTurn?.();
    const named = {
      identified: withBuffers(identified),
      first: waits ? null : { route, error: error ?? (fault && asError(fault)) },
    };
    void this.serveSession(new RtmpSession(client, connection, this.context), named);
  }

  /** A thread's log lines become ours, with the fields that they have. */
  #log(line: string): void {
    const { level, time: _time, msg, ...fields } = JSON.parse(line) as Record<string, unknown>;
    const { logger } = this.context;
    logger[level as 'info'](fields, String(msg));
  }
}

function budgetOf(limits: ConnectionLimits, threads: number): ConnectionBudget {
  return limits instanceof ConnectionBudget ? limits : new ConnectionBudget(limits, { threads });
}

/** A thread's number in the budget, where 0 is the control side. */
function memberOf(thread: number): number {
  return thread + 1;
}
