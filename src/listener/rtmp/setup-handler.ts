/** Lets RTMP clients in on a relay thread: see `SetupModule`. */

import { SlotMap } from '../../collections/slot-map.js';
import { LineLimit } from '../../logging/line-limit.js';
import { createLogger, type Logger } from '../../logging/logger.js';
import { attachEvents } from '../../logging/tell.js';
import type { Identified } from '../../protocol/rtmp/identify.js';
import type {
  ChildFault,
  ClientSetup,
  SetupHandler,
  SetupThread,
  ThreadClient,
} from '../../relay/client-setup.js';
import type { ClientWatch } from '../../relay/client-watch.js';
import { type AdmissionRules, admit, noTrustedProxy, refuse } from '../admission.js';
import { ConnectionBudget } from '../budget.js';
import { TrustedProxies } from '../client-address.js';
import type { Connection } from '../connection.js';
import { markIds } from '../connection-ids.js';
import { Connections } from '../connections.js';
import { noCounters } from '../counters.js';
import { logFailure } from '../log-failure.js';
import { RelayedClient, type WatchedClient } from './client-watch.js';
import { RtmpSetup, type SetupHost } from './setup.js';
import { NOT_SERVED, wishOf, withBuffers } from './talk.js';
import type {
  Resumed,
  RouteAnswer,
  SetupSettings,
  ThreadOrder,
  ThreadReport,
} from './thread-messages.js';

export const SETUP_MODULE = import.meta.url;

export function makeSetupHandler(settings: SetupSettings, thread: SetupThread): SetupHandler {
  return new RtmpSetupHandler(settings, thread);
}

type ThreadSetup = RtmpSetup<ThreadClient>;

class RtmpSetupHandler implements SetupHandler, SetupHost<ThreadClient> {
  rules: SetupSettings;
  readonly logger: Logger;
  readonly #thread: SetupThread;
  readonly #budget: ConnectionBudget;
  /** Clients that have not named a stream yet. */
  readonly #connections: Connections;
  readonly #counters = noCounters();
  readonly #admission: AdmissionRules;
  /** Clients that are not relayed yet. */
  readonly #setups = new SlotMap<ThreadSetup>();
  readonly #lines = new LineLimit();
  #told = '';
  /** The control side waits until nobody is on the way to a child. */
  #settles = false;

  constructor(settings: SetupSettings, thread: SetupThread) {
    const { proxies, budget, logLevel, fd, idMark } = settings;
    markIds(idMark);
    this.rules = settings;
    this.#thread = thread;
    this.#budget = ConnectionBudget.join(budget);
    this.#budget.call = (member) => this.#say({ kind: 'crowded', member });
    this.#connections = new Connections(this.#budget);
    this.logger = createLogger(logLevel, {
      people: false,
      write: (line) => this.#say({ kind: 'log', line }),
    });
    attachEvents(this.logger, { record: (event) => this.#say({ kind: 'event', event }) });
    const known = { connections: this.#connections, counters: this.#counters };
    const trusted = proxies && new TrustedProxies(proxies);
    this.#admission = { ...known, proxies: trusted, logger: this.logger };
    thread.open(fd);
    this.#say({ kind: 'open' });
  }

  receive(client: ThreadClient): ClientSetup | null {
    this.#counters.accepted += 1;
    const setup = new RtmpSetup(client, this);
    const { ip, port } = client;
    const { proxies } = this.#admission;
    if (proxies === null) {
      if (!setup.enter(ip, port)) return null;
    } else if (!proxies.has(ip)) {
      refuse(this.#admission, ip, noTrustedProxy());
      client.close('end');
      return null;
    }
    setup.ticket = this.#setups.add(setup);
    return setup;
  }

  watch(state: unknown): ClientWatch {
    const client = state as WatchedClient;
    const identified = withBuffers(client.identified);
    return new RelayedClient(this.rules, { ...client, identified });
  }

  full(reason: string): void {
    const withheld = this.#lines.take(reason, performance.now());
    if (withheld === null) return;
    this.logger.error({ reason, withheld }, 'listen.rtmp: a client was not let in: see ulimit -n');
  }

  hear(message: unknown): void {
    const order = message as ThreadOrder;
    if (order.kind === 'answer') {
      const setup = this.#setups.get(order.ticket);
      if (setup !== undefined) attempt(setup, () => this.#answer(setup, order.answer));
    } else if (order.kind === 'rows') {
      this.#say({ kind: 'rows', call: order.call, rows: this.#rows() });
    } else if (order.kind === 'heed') {
      this.#budget.heed();
    } else if (order.kind === 'level') {
      this.logger.level = order.level;
    } else if (order.kind === 'rules') {
      const { vhosts, identifyMs } = order;
      this.rules = { ...this.rules, vhosts, identifyMs };
    } else if (order.kind === 'settle') {
      this.#thread.shut();
      this.#settles = true;
      this.#tellSettled();
    } else {
      this.#thread.shut();
      for (const setup of this.#setups) setup.clientLeft();
      this.#say({ kind: 'shut' });
    }
  }

  tick(now: number): void {
    for (const setup of this.#setups) attempt(setup, () => setup.tick(now));
    const connections = [...this.#setups].filter(isNew).length;
    const told = JSON.stringify([connections, this.#counters]);
    if (told === this.#told) return;
    this.#told = told;
    this.#say({ kind: 'summary', counters: structuredClone(this.#counters), connections });
  }

  admit(ip: string, port: number): Connection | null {
    return admit(this.#admission, ip, port);
  }

  named(setup: ThreadSetup, connection: Connection, identified: Identified): void {
    const { id, ip, port, since, place } = connection;
    const { ticket } = setup;
    const wish = wishOf(identified, this.rules.vhosts);
    this.#connections.handOver(connection);
    this.#say({ kind: 'ask', ticket, id, ip, port, since, place, ...wish });
  }

  relayed(setup: ThreadSetup): void {
    this.#setups.delete(setup.ticket);
    this.#tellSettled();
  }

  /** The control side tries again, on the client's own socket. */
  failed(setup: ThreadSetup, identified: Identified, fault: ChildFault): void {
    // This machine lends no such address: that is no fault of the child's.
    this.#handBack(setup, { identified, fault: fault.code === 'EADDRNOTAVAIL' ? null : fault });
  }

  over(setup: ThreadSetup, error: Error | null): void {
    this.#setups.delete(setup.ticket);
    this.#tellSettled();
    if (setup.connection !== null) this.#connections.closed(setup.connection);
    if (error !== null) this.#fail(setup, error);
    const { ticket } = setup;
    if (setup.isKnown && !setup.isHandedBack) this.#say({ kind: 'left', ticket });
  }

  #fail({ client: { ip }, connection }: ThreadSetup, error: Error): void {
    const { id, client = ip, stream = null } = connection ?? {};
    const failure = logFailure(this.logger, NOT_SERVED, { id, client, stream }, error);
    this.#counters.failed[failure] += 1;
  }

  /** Brings a client where the control side says. */
  #answer(setup: ThreadSetup, answer: RouteAnswer): void {
    const identified = setup.wish;
    if (identified === null) return;
    if (answer === 'hand-back') this.#handBack(setup, { identified, fault: null });
    else setup.client.dial(answer.dial, setup.level(identified));
  }

  #handBack(setup: ThreadSetup, resumed: Resumed): void {
    // Answers of ours that the client has not taken would be lost.
    setup.isHandedBack = setup.client.unread === 0;
    if (setup.isHandedBack) setup.client.handBack(setup.ticket, resumed);
    else setup.clientLeft();
  }

  #tellSettled(): void {
    if (!this.#settles || this.#setups.size > 0) return;
    this.#settles = false;
    this.#say({ kind: 'settled' });
  }

  /** Clients that the control side has not heard of. */
  #rows() {
    return [...this.#setups].filter(isNew).flatMap(({ connection }) => connection?.row() ?? []);
  }

  #say(report: ThreadReport): void {
    this.#thread.tell(report);
  }
}

/** Answers whether a client is counted in, and the control side has not heard of it. */
function isNew({ isKnown, connection }: ThreadSetup): boolean {
  return !isKnown && connection !== null;
}

/** A mistake of ours costs the one client that it meets, not all that the thread relays. */
function attempt(setup: ThreadSetup, step: () => void): void {
  try {
    step();
  } catch (error) {
    setup.end(error);
  }
}
