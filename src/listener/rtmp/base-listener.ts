import type { Address } from '../../config/config.js';
import type { ConnectionLimits } from '../budget.js';
import { ClientListener } from '../client-listener.js';
import type { NamedClient, RtmpSession, RtmpSessionContext } from './session.js';
import { NOT_SERVED } from './talk.js';

/** Time between two searches for clients that take too long, milliseconds. */
const TICK_MS = 500;

export interface RtmpPortOptions {
  readonly address: Address;
  readonly limits: ConnectionLimits;
  /** The senders of PROXY headers, which begin each connection; null: there is none. */
  readonly proxies: readonly string[] | null;
}

/** The part that all RTMP ports have in common: the sessions of clients that this thread serves. */
export abstract class BaseRtmpListener extends ClientListener {
  protected readonly context: RtmpSessionContext;
  readonly #sessions = new Set<RtmpSession>();
  /** Runs while there are sessions. */
  #timer: NodeJS.Timeout | undefined;

  constructor(limits: ConnectionLimits, context: RtmpSessionContext) {
    const { aliases, logger } = context;
    super({ limits, aliases, notServed: NOT_SERVED, logger });
    this.context = context;
  }

  override async close(): Promise<void> {
    this.#rest();
    await super.close();
  }

  /** Serves a client until it has left, and gives back all that it held. */
  protected async serveSession(session: RtmpSession, named: NamedClient | null): Promise<void> {
    const { connection } = session;
    this.#sessions.add(session);
    this.#timer ??= setInterval(() => this.#tick(), TICK_MS).unref();
    const dismiss = (error: unknown) => session.end(error);
    await this.serve(connection, () => session.serve(named), dismiss);
    this.#sessions.delete(session);
    if (this.#sessions.size === 0) this.#rest();
  }

  #rest(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  #tick(): void {
    const now = performance.now();
    for (const session of this.#sessions) session.tick(now);
  }
}
