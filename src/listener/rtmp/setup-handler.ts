/** Lets RTMP clients in on a relay thread: see `SetupModule`. */

import { SlotMap } from '../../collections/slot-map.js';
import { LineLimit } from '../../logging/line-limit.js';
import { createLogger, type Logger } from '../../logging/logger.js';
import { logRefusal } from '../../logging/refusals.js';
import type { Identified } from '../../protocol/rtmp/identify.js';
import type {
  ClientSetup,
  PendingClient,
  SetupHandler,
  SetupThread,
} from '../../relay/client-setup.js';
import { ConnectionBudget } from '../budget.js';
import { TrustedProxies } from '../client-address.js';
import { type Connection, Connections } from '../connections.js';
import { countRefusal, noCounters } from '../counters.js';
import type { Failure } from '../listener.js';
import { RtmpSetup, type SetupHost } from './setup.js';
import { streamOf } from './talk.js';
import type { SetupSettings, ThreadOrder, ThreadReport } from './thread-messages.js';

export const SETUP_MODULE = import.meta.url;

export function makeSetupHandler(settings: SetupSettings, thread: SetupThread): SetupHandler {
  return new RtmpSetupHandler(settings, thread);
}

class RtmpSetupHandler implements SetupHandler, SetupHost {
  readonly settings: SetupSettings;
  readonly logger: Logger;
  readonly #thread: SetupThread;
  readonly #proxies: TrustedProxies | null;
  readonly #budget: ConnectionBudget;
  /** Those that have not named a stream yet. */
  readonly #connections: Connections;
  readonly #counters = noCounters();
  /** Those that are not relayed yet. */
  readonly #setups = new SlotMap<RtmpSetup>();
  readonly #lines = new LineLimit();
  #told = '';

  constructor(settings: SetupSettings, thread: SetupThread) {
    const { proxies, budget, logLevel, fd } = settings;
    this.settings = settings;
    this.#thread = thread;
    this.#proxies = proxies && new TrustedProxies(proxies);
    this.#budget = ConnectionBudget.join(budget);
    this.#budget.call = (member) => this.#say({ kind: 'crowded', member });
    this.#connections = new Connections(this.#budget);
    this.logger = createLogger(logLevel, {
      people: false,
      write: (line) => this.#say({ kind: 'log', line }),
    });
    thread.open(fd);
    this.#say({ kind: 'open' });
  }

  receive(client: PendingClient): ClientSetup | null {
    this.#counters.accepted += 1;
    const setup = new RtmpSetup(client, this);
    const { ip, port } = client;
    if (this.#proxies === null) {
      if (!setup.enter(ip, port)) return null;
    } else if (!this.#proxies.has(ip)) {
      this.#counters.failed.invalid += 1;
      this.logger.debug({ client: ip, err: 'proxies.trusted does not name it' }, 'client refused');
      client.close('end');
      return null;
    }
    setup.ticket = this.#setups.add(setup);
    return setup;
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
      if (setup !== undefined) attempt(setup, () => setup.answered(order.answer));
    } else if (order.kind === 'rows') {
      this.#say({ kind: 'rows', call: order.call, rows: this.#rows() });
    } else if (order.kind === 'heed') {
      this.#budget.heed();
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
    const connection = this.#connections.open(ip, port, Date.now());
    if (typeof connection !== 'string') {
      this.#connections.pend(connection);
      return connection;
    }
    countRefusal(this.#counters, connection);
    logRefusal(this.logger, 'client refused', { client: ip, limit: `limits.${connection}` });
    return null;
  }

  ask(setup: RtmpSetup, connection: Connection, identified: Identified): void {
    const { id, ip, port, since, place } = connection;
    const stream = streamOf(identified, this.settings.vhosts);
    const { ticket } = setup;
    const { role } = identified;
    this.#connections.handOver(connection);
    this.#say({ kind: 'ask', ticket, id, ip, port, since, place, stream, role });
  }

  relayed(setup: RtmpSetup): void {
    this.#setups.delete(setup.ticket);
  }

  over(setup: RtmpSetup, failure: Failure | null): void {
    this.#setups.delete(setup.ticket);
    if (setup.connection !== null) this.#connections.closed(setup.connection);
    if (failure !== null) this.#counters.failed[failure] += 1;
    const { ticket } = setup;
    if (setup.isKnown && !setup.isHandedBack) this.#say({ kind: 'left', ticket });
  }

  /** Those that the control side has not heard of. */
  #rows() {
    return [...this.#setups].filter(isNew).flatMap(({ connection }) => connection?.row() ?? []);
  }

  #say(report: ThreadReport): void {
    this.#thread.tell(report);
  }
}

/** Whether it is counted in, and the control side has not heard of it. */
function isNew({ isKnown, connection }: RtmpSetup): boolean {
  return !isKnown && connection !== null;
}

/** A mistake of ours costs the one client that it meets, not all that the thread relays. */
function attempt(setup: RtmpSetup, step: () => void): void {
  try {
    step();
  } catch (error) {
    setup.end(error);
  }
}
