import { once } from 'node:events';
import type { Socket } from 'node:net';
import { refusal } from '../../protocol/rtmp/identify.js';
import type { ConnectionLimits } from '../budget.js';
import { ClientListener } from '../client-listener.js';
import type { Connection } from '../connections.js';
import type { Failure } from '../listener.js';
import { logFailure } from '../log-failure.js';
import { failureOf, reasonForClient } from '../session-error.js';
import type { RtmpSessionContext } from './session.js';

/** How long a refused client has to read why, and to close its side. */
const LINGER_MS = 1000;
/** Failures that a client is told of. */
const TOLD = new Set<Failure>(['no-child', 'child', 'registry', 'internal']);

/** What all RTMP ports do alike with the clients that this thread serves. */
export abstract class BaseRtmpListener<Context extends RtmpSessionContext> extends ClientListener {
  protected readonly context: Context;

  constructor(limits: ConnectionLimits, context: Context) {
    super(limits, context.aliases);
    this.context = context;
  }

  /** Minds a client until its session has ended, well or not, and lets go of all that it held. */
  protected async mind(
    client: Socket,
    connection: Connection,
    session: () => Promise<void>,
  ): Promise<void> {
    client.on('error', () => {});
    try {
      await session();
      this.counters.relayed += 1;
    } catch (error) {
      await this.#fail(client, connection, error);
    } finally {
      this.leave(connection);
    }
  }

  /** The client has gone. */
  protected leave(connection: Connection): void {
    this.context.aliases.release(connection.alias);
    this.connections.closed(connection);
  }

  async #fail(client: Socket, connection: Connection, error: unknown): Promise<void> {
    const { client: address, stream } = connection;
    const about = { client: address, stream };
    const failure = logFailure(this.context.logger, 'rtmp client closed', about, error);
    this.counters.failed[failure] += 1;
    await this.#dismiss(client, connection, error);
  }

  /** Tells a client that asked for something why it cannot have it, then closes. */
  async #dismiss(client: Socket, { role }: Connection, error: unknown): Promise<void> {
    if (role === null || !TOLD.has(failureOf(error)) || client.destroyed) {
      client.destroy();
      return;
    }
    const closed = once(client, 'close').catch(() => {});
    // No idle timer: a publisher that never listens would go on for ever.
    const linger = setTimeout(() => client.destroy(), LINGER_MS);
    client.once('end', () => client.destroy());
    client.end(refusal(role, reasonForClient(error)));
    client.resume();
    await closed;
    clearTimeout(linger);
  }
}
