import type { Logger } from '../../logging/logger.js';
import { logRefusal } from '../../logging/refusals.js';
import type { OwnerRef } from '../../owner.js';
import type { RelayedConnection } from '../../relay/relay.js';
import type { UdpEndpoint, UdpSession } from '../../relay/udp.js';
import { everySeconds } from '../../system/every-seconds.js';
import type { ConnectionLimits, LimitName } from '../budget.js';
import { ClientListener } from '../client-listener.js';
import type { Connection } from '../connection.js';
import { countRefusal } from '../counters.js';
import type { Failure } from '../failure.js';
import type { KeptRtcSession } from '../kept.js';
import type { Route } from '../route.js';
import { SessionError } from '../session-error.js';
import { type FlowNumbers, type RtcFlow, RtcSession, type RtcSessionOptions } from './session.js';

/** Milliseconds of silence that end a session, as in SRS. */
export const SILENT_MS = 30_000;
/**
 * Milliseconds from a DTLS alert to a session's end. Alerts are not authenticated, so the client's
 * next check revives it.
 */
const FAREWELL_MS = 6000;

export interface RtcSessionsOptions {
  readonly limits: ConnectionLimits;
  /** Most milliseconds until the first check; Infinity if checks do not come here. */
  readonly silentMs?: number;
  /**
   * Returns the route to the box that has a session of this name; null: there is none. Default:
   * always null.
   */
  readonly elsewhere?: (username: string) => Route | null;
  readonly logger: Logger;
}

/** Parts that the next program finds for a session of the one before. */
export interface KeptRtcService {
  /** Returns the route to that owner, by which the client is counted; null: it is gone. */
  readonly routeTo: (owner: OwnerRef, connection: Connection) => Route | null;
  /** Returns the UDP session, or the pair, of that number; null: it has ended. */
  readonly sessionOf: (number: number) => UdpSession | null;
  readonly pairOf: (number: number) => RelayedConnection | null;
}

/** A media port of WebRTC: sessions of all children, from the child's answer to their end. */
export abstract class RtcSessions extends ClientListener {
  readonly #byName = new Map<string, RtcSession>();
  readonly #stop: () => void;
  readonly #silentMs: number;
  readonly #elsewhere: (username: string) => Route | null;
  readonly #logger: Logger;

  constructor({ limits, silentMs = SILENT_MS, elsewhere, logger }: RtcSessionsOptions) {
    super({ limits, aliases: null, notServed: 'webrtc client not served', logger });
    this.#silentMs = silentMs;
    this.#logger = logger;
    this.#elsewhere = elsewhere ?? (() => null);
    this.#stop = everySeconds(1, () => this.#endSilent(performance.now()));
  }

  /**
   * Takes a place for a client that requests a session; `reject` gives it back if none is opened.
   */
  admit(ip: string, port: number): Connection | LimitName {
    this.counters.accepted += 1;
    const connection = this.connections.open(ip, port, Date.now());
    if (typeof connection === 'string') countRefusal(this.counters, connection);
    return connection;
  }

  /** Counts a client that got no session, and gives its place back. */
  reject(connection: Connection, failure: Failure): void {
    this.counters.failed[failure] += 1;
    this.leave(connection);
  }

  /** Opens a session that the child has agreed to; null if the name is taken. */
  open(options: RtcSessionOptions): RtcSession | null {
    if (this.#byName.has(options.username)) return null;
    const session = new RtcSession(options, performance.now() + this.#silentMs);
    const { connection, route } = session;
    connection.assigned(route.owner);
    this.#byName.set(session.username, session);
    if (connection.signal.aborted) this.#forget(session);
    else connection.signal.addEventListener('abort', () => this.#forget(session), { once: true });
    return session;
  }

  /** Its sessions outlive the program. */
  abstract get isKept(): boolean;

  /** Returns the sessions that outlive the program: those of this box. */
  giveSessions(numbers: FlowNumbers): KeptRtcSession[] {
    return Array.from(this).flatMap((session) => session.give(numbers) ?? []);
  }

  /** Goes on with a session of the program before this one, without its flows. */
  goOnWith(kept: KeptRtcSession, { routeTo }: KeptRtcService): RtcSession | null {
    const { owner, alias: _, ...client } = kept.client;
    if (owner === null) return null;
    const connection = this.connections.readmit({ ...client, owner, alias: null }, null);
    const { username, password, past } = kept;
    const route = routeTo(owner, connection);
    const session = route && this.open({ username, password, past, connection, route });
    if (session === null) this.leave(connection);
    return session;
  }

  find(username: string): RtcSession | null {
    return this.#byName.get(username) ?? null;
  }

  /** Returns the route to a session, also to one of another box. */
  routeOf(username: string): Route | null {
    return this.find(username)?.route ?? this.#elsewhere(username);
  }

  /** Starts relaying a session of another box, whose client came here; null: no box has it. */
  passOn(username: string, { ip, port }: UdpEndpoint): RtcSession | null {
    const route = this.#elsewhere(username);
    const connection = route && this.admit(ip, port);
    if (connection === null || typeof connection === 'string') return null;
    return route && this.open({ username, password: null, connection, route });
  }

  /** Adds a flow; the session lives as long as one of its flows. */
  carry(session: RtcSession, key: string, flow: RtcFlow): void {
    session.add(key, flow);
    void flow.ended.then((end) => {
      session.remove(key, flow);
      if (end === 'farewell') session.farewell(performance.now() + FAREWELL_MS);
      else if (session.flows.size === 0 && session.expiresAt === Number.POSITIVE_INFINITY) {
        this.end(session, `nothing is relayed any more: ${end}`);
      }
    });
  }

  end(session: RtcSession, reason: string): void {
    session.connection.end(new SessionError('left', reason));
  }

  [Symbol.iterator](): IterableIterator<RtcSession> {
    return this.#byName.values();
  }

  override async close(): Promise<void> {
    this.#stop();
    await super.close();
  }

  #endSilent(now: number): void {
    for (const session of this.#byName.values()) {
      if (session.isOver(now)) this.end(session, 'its client is silent');
    }
  }

  #forget(session: RtcSession): void {
    if (!this.#byName.delete(session.username)) return;
    this.#count(session);
    this.leave(session.connection);
    session.route.release();
    session.finish();
  }

  /** Counts and logs a session that has ended. If media bypass us, none of it was relayed. */
  #count({ connection }: RtcSession): void {
    if (connection.relayed === null && Number.isFinite(this.#silentMs)) {
      const { id, client, stream, reason } = connection;
      this.counters.failed.silent += 1;
      logRefusal(this.#logger, 'webrtc session without media', {
        ...{ id, client, stream, child: connection.owner?.id, err: reason?.message },
      });
    } else {
      this.served(connection);
    }
  }
}
