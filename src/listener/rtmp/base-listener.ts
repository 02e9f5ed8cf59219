import type { Address } from '../../config/config.js';
import type { Renamed } from '../../protocol/rtmp/stream-watch.js';
import type { ConnectionLimits } from '../budget.js';
import { ClientListener } from '../client-listener.js';
import type { Connection } from '../connection.js';
import {
  type ClosedClient,
  type MovedClient,
  type NamedClient,
  RtmpSession,
  type RtmpSessionContext,
} from './session.js';
import type { StreamClosed } from './setup.js';
import { bufferOf, closedWithBuffers, NOT_SERVED, withBuffers } from './talk.js';

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
  protected async serveSession(
    session: RtmpSession,
    named: NamedClient | ClosedClient | null,
  ): Promise<void> {
    let current = session;
    const work = async () => {
      let moved = await this.#run(session, named);
      while (moved !== null) {
        const renamed = takeFromChild(session.connection, moved);
        current = new RtmpSession(moved.client, session.connection, this.context);
        moved = await this.#run(current, renamed);
      }
    };
    await this.serve(session.connection, work, (error) => current.end(error));
  }

  protected override leave(connection: Connection): void {
    this.context.fanout?.left(connection);
    super.leave(connection);
  }

  /** Goes on with a player that has named another stream than that of its relayed connection. */
  protected async serveMoved(connection: Connection, moved: MovedClient): Promise<void> {
    const named = takeFromChild(connection, moved);
    await this.serveSession(new RtmpSession(moved.client, connection, this.context), named);
  }

  async #run(
    session: RtmpSession,
    named: NamedClient | ClosedClient | null,
  ): Promise<MovedClient | null> {
    this.#sessions.add(session);
    this.#timer ??= setInterval(() => this.#tick(), TICK_MS).unref();
    try {
      return await session.serve(named);
    } finally {
      this.#sessions.delete(session);
      if (this.#sessions.size === 0) this.#rest();
    }
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

/** Takes a recalled client from its child, and gives it the answers that the child has not. */
function takeFromChild(
  connection: Connection,
  { client, about, first, hookClient, isViewer }: MovedClient,
): NamedClient | ClosedClient {
  if (isViewer) {
    connection.leftChild();
    return { closed: closedWithBuffers(about as StreamClosed), hookClient };
  }
  const { identified, replies } = about as Renamed;
  connection.leftChild();
  if (replies.length > 0) client.write(bufferOf(replies));
  return { identified: withBuffers(identified), first, hookClient };
}
