import { once } from 'node:events';
import type { Socket } from 'node:net';
import { messageOf } from '../../errors.js';
import { logRefusal } from '../../logging/refusals.js';
import { refusal } from '../../protocol/rtmp/identify.js';
import type { ConnectionLimits } from '../budget.js';
import { ClientListener } from '../client-listener.js';
import type { Connection } from '../connections.js';
import type { Failure } from '../listener.js';
import { failureOf } from '../session-error.js';
import type { RtmpSessionContext } from './session.js';

/** How long a refused client has to read why, and to close its side. */
const LINGER_MS = 1000;

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
    const failure = failureOf(error);
    this.counters.failed[failure] += 1;
    const { client: address, stream } = connection;
    const about = { client: address, stream, failure, err: messageOf(error) };
    logRefusal(this.context.logger, 'rtmp client closed', about);
    await this.#dismiss(client, connection, failure, messageOf(error));
  }

  /** Tells a client that asked for something why it cannot have it, then closes. */
  async #dismiss(
    client: Socket,
    { role }: Connection,
    failure: Failure,
    reason: string,
  ): Promise<void> {
    const isTold = role !== null && (failure === 'no-child' || failure === 'child');
    if (!isTold || client.destroyed) {
      client.destroy();
      return;
    }
    const closed = once(client, 'close').catch(() => {});
    // No idle timer: a publisher that never listens would go on for ever.
    const linger = setTimeout(() => client.destroy(), LINGER_MS);
    client.once('end', () => client.destroy());
    client.end(refusal(role, reason));
    client.resume();
    await closed;
    clearTimeout(linger);
  }
}
