/** Lets RTMP clients in on a relay thread: see `UsherModule`. */
import { createLogger, type Logger } from '../../logger.js';
import { LineLimit } from '../../logging/line-limit.js';
import { logRefusal } from '../../logging/refusals.js';
import type { Identified } from '../../protocol/rtmp/identify.js';
import type { Arrival, Usher, UsherThread, Visit } from '../../relay/usher.js';
import { Roster } from '../../roster.js';
import { ConnectionBudget } from '../budget.js';
import { TrustedProxies } from '../client-address.js';
import { type Connection, Connections } from '../connections.js';
import { countRefusal, noCounters } from '../counters.js';
import type { Failure } from '../front.js';
import { streamOf } from './talk.js';
import type { UsherOrder, UsherReport, UsherSettings } from './thread-messages.js';
import { RtmpVisit, type VisitHost } from './visit.js';

export const USHER = import.meta.url;

export function makeUsher(settings: UsherSettings, thread: UsherThread): Usher {
  return new RtmpUsher(settings, thread);
}

class RtmpUsher implements Usher, VisitHost {
  readonly settings: UsherSettings;
  readonly logger: Logger;
  readonly #thread: UsherThread;
  readonly #proxies: TrustedProxies | null;
  readonly #budget: ConnectionBudget;
  /** Those that have not named a stream yet. */
  readonly #connections: Connections;
  readonly #counters = noCounters();
  /** Those that are not relayed yet. */
  readonly #visits = new Roster<RtmpVisit>();
  readonly #lines = new LineLimit();
  #told = '';

  constructor(settings: UsherSettings, thread: UsherThread) {
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

  receive(arrival: Arrival): Visit | null {
    this.#counters.accepted += 1;
    const visit = new RtmpVisit(arrival, this);
    const { ip, port } = arrival;
    if (this.#proxies === null) {
      if (!visit.enter(ip, port)) return null;
    } else if (!this.#proxies.has(ip)) {
      this.#counters.failed.invalid += 1;
      this.logger.debug({ client: ip, err: 'proxies.trusted does not name it' }, 'client refused');
      arrival.close('end');
      return null;
    }
    visit.ticket = this.#visits.add(visit);
    return visit;
  }

  full(reason: string): void {
    const withheld = this.#lines.take(reason, performance.now());
    if (withheld === null) return;
    this.logger.error({ reason, withheld }, 'listen.rtmp: a client was not let in: see ulimit -n');
  }

  hear(message: unknown): void {
    const order = message as UsherOrder;
    if (order.kind === 'answer') {
      const visit = this.#visits.get(order.ticket);
      if (visit !== undefined) attempt(visit, () => visit.answered(order.answer));
    } else if (order.kind === 'rows') {
      this.#say({ kind: 'rows', call: order.call, rows: this.#rows() });
    } else if (order.kind === 'heed') {
      this.#budget.heed();
    } else {
      this.#thread.shut();
      for (const visit of this.#visits) visit.clientLeft();
      this.#say({ kind: 'shut' });
    }
  }

  tick(now: number): void {
    for (const visit of this.#visits) attempt(visit, () => visit.tick(now));
    const connections = [...this.#visits].filter(isNew).length;
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

  ask(visit: RtmpVisit, connection: Connection, identified: Identified): void {
    const { id, ip, port, since, place } = connection;
    const stream = streamOf(identified, this.settings.vhosts);
    const { ticket } = visit;
    const { role } = identified;
    this.#connections.handOver(connection);
    this.#say({ kind: 'ask', ticket, id, ip, port, since, place, stream, role });
  }

  relayed(visit: RtmpVisit): void {
    this.#visits.delete(visit.ticket);
  }

  over(visit: RtmpVisit, failure: Failure | null): void {
    this.#visits.delete(visit.ticket);
    if (visit.connection !== null) this.#connections.closed(visit.connection);
    if (failure !== null) this.#counters.failed[failure] += 1;
    const { ticket } = visit;
    if (visit.isKnown && !visit.isHandedBack) this.#say({ kind: 'left', ticket });
  }

  /** Those that the control side has not heard of. */
  #rows() {
    return [...this.#visits].filter(isNew).flatMap(({ connection }) => connection?.row() ?? []);
  }

  #say(report: UsherReport): void {
    this.#thread.tell(report);
  }
}

/** Whether it is counted in, and the control side has not heard of it. */
function isNew({ isKnown, connection }: RtmpVisit): boolean {
  return !isKnown && connection !== null;
}

/** A mistake of ours costs the one client that it meets, not all that the thread relays. */
function attempt(visit: RtmpVisit, step: () => void): void {
  try {
    step();
  } catch (error) {
    visit.end(error);
  }
}
