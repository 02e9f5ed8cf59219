import { once } from 'node:events';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { messageOf } from '../../errors.js';
import { refusal } from '../../protocol/rtmp/identify.js';
import type { TrustedProxies } from '../client-address.js';
import { ClientFront } from '../client-front.js';
import type { Connection, ConnectionLimits } from '../connections.js';
import { Entrance } from '../entrance.js';
import type { Failure } from '../front.js';
import { failureOf } from '../session-error.js';
import { closePort, type ListenTarget, openPort } from '../tcp-port.js';
import { type RtmpSessionContext, serveRtmp } from './session.js';

/** A client that vanished without a word is noticed after about this long and a few probes. */
const KEEP_ALIVE_MS = 30_000;
/** How long a refused client has to read why, and to close its side. */
const LINGER_MS = 1000;

/** What an RTMP port knows besides its sessions. */
export interface RtmpListenerContext extends RtmpSessionContext {
  /** The configuration's key; default: `listen.rtmp`. */
  readonly name?: string;
  /** Whose PROXY headers begin each connection; null or none: there are none. */
  readonly proxies?: TrustedProxies | null;
  /** Puts TLS over a connection. */
  readonly secure?: (socket: Socket) => Socket;
}

/** The RTMP port: accepts clients and hands each to a session of its own. */
export class RtmpListener extends ClientFront {
  readonly #target: ListenTarget;
  readonly #context: RtmpListenerContext;
  readonly #entrance: Entrance;
  readonly #server: Server;

  constructor(target: ListenTarget, limits: ConnectionLimits, context: RtmpListenerContext) {
    super(limits, context.aliases);
    const { connections, counters } = this;
    const { proxies = null, logger } = context;
    this.#entrance = new Entrance({ connections, counters, proxies, logger });
    this.#target = target;
    this.#context = context;
    const options = { allowHalfOpen: true, noDelay: true, keepAlive: true };
    this.#server = createServer({ ...options, keepAliveInitialDelay: KEEP_ALIVE_MS }, (socket) =>
      this.#accept(socket),
    );
  }

  start(): Promise<void> {
    const { name = 'listen.rtmp', logger } = this.#context;
    return openPort(this.#server, name, this.#target, logger);
  }

  address(): AddressInfo | null {
    return this.#server.address() as AddressInfo | null;
  }

  override async close(): Promise<void> {
    const closed = closePort(this.#server);
    this.#entrance.close();
    await super.close();
    await closed;
  }

  async #accept(accepted: Socket): Promise<void> {
    const connection = await this.#entrance.letIn(accepted);
    if (connection === null) return;
    const client = this.#context.secure?.(accepted) ?? accepted;
    client.on('error', () => {});
    await this.#serve(client, connection);
    this.#context.aliases.release(connection.alias);
    this.connections.closed(connection);
  }

  async #serve(client: Socket, connection: Connection): Promise<void> {
    const { logger } = this.#context;
    try {
      await serveRtmp(client, connection, this.#context);
      this.counters.relayed += 1;
    } catch (error) {
      const failure = failureOf(error);
      this.counters.failed[failure] += 1;
      const { client: address, stream } = connection;
      logger.debug(
        { client: address, stream, failure, err: messageOf(error) },
        'rtmp client closed',
      );
      await this.#dismiss(client, connection, failure, messageOf(error));
    }
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
