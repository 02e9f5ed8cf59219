import { once } from 'node:events';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import type { ChildRef } from '../../child/types.js';
import type { Address } from '../../config/config.js';
import { messageOf } from '../../errors.js';
import { refusal } from '../../protocol/rtmp/identify.js';
import type { StreamKey } from '../../stream-key.js';
import type { TrustedProxies } from '../client-address.js';
import { type Connection, type ConnectionLimits, Connections } from '../connections.js';
import { Entrance } from '../entrance.js';
import type { AliasFront, ConnectionRow, Failure, FrontSummary } from '../front.js';
import { listenError } from '../listen-error.js';
import { SessionError } from '../session-error.js';
import { TrafficMeter } from '../traffic.js';
import { type RtmpSessionContext, serveRtmp } from './session.js';

/** A client that vanished without a word is noticed after about this long and a few probes. */
const KEEP_ALIVE_MS = 30_000;
/** Connections that may wait to be accepted: a storm of them must not be refused by the kernel. */
export const BACKLOG = 4096;
/** How long a refused client has to read why, and to close its side. */
const LINGER_MS = 1000;

/** An address to bind, or a socket that listens already. */
export type ListenTarget = Address | { readonly fd: number };

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
export class RtmpListener implements AliasFront {
  readonly connections: Connections;
  readonly counters = {
    accepted: 0,
    relayed: 0,
    refused: 0,
    failed: { silent: 0, invalid: 0, left: 0, 'no-child': 0, child: 0 },
  };
  readonly #target: ListenTarget;
  readonly #context: RtmpListenerContext;
  readonly #entrance: Entrance;
  readonly #server: Server;
  readonly #traffic: TrafficMeter;

  constructor(target: ListenTarget, limits: ConnectionLimits, context: RtmpListenerContext) {
    this.connections = new Connections(limits);
    const { connections, counters } = this;
    const { proxies = null, logger } = context;
    this.#entrance = new Entrance({ connections, counters, proxies, logger });
    this.#traffic = new TrafficMeter(this.connections);
    this.#target = target;
    this.#context = context;
    const options = { allowHalfOpen: true, noDelay: true, keepAlive: true };
    this.#server = createServer({ ...options, keepAliveInitialDelay: KEEP_ALIVE_MS }, (socket) =>
      this.#accept(socket),
    );
  }

  /** Resolves when the port takes connections; rejects with ERR_LISTEN when it cannot be had. */
  async start(): Promise<void> {
    this.#server.listen({ ...this.#target, backlog: BACKLOG });
    try {
      await once(this.#server, 'listening');
    } catch (error) {
      const { name = 'listen.rtmp' } = this.#context;
      throw 'fd' in this.#target ? error : listenError(name, this.#target, error);
    }
    this.#server.on('error', (error) => this.#context.logger.error({ err: error }, 'rtmp accept'));
  }

  /** The address that was bound, with the port that the kernel chose for 0; null while closed. */
  address(): AddressInfo | null {
    return this.#server.address() as AddressInfo | null;
  }

  summary(): FrontSummary {
    const { counters } = this;
    const { bytes, children: traffic } = this.#traffic;
    const connections = this.connections.size;
    return { counters, connections, bytesIn: bytes.in, bytesOut: bytes.out, traffic };
  }

  async rows(): Promise<ConnectionRow[]> {
    return Array.from(this.connections, (connection) => connection.row());
  }

  async clientOf(alias: string): Promise<string | null> {
    return this.#context.aliases.clientOf(alias);
  }

  endOf(owner: ChildRef, reason: string, stream?: StreamKey): void {
    this.connections.endOf(owner, new SessionError('child', reason), stream);
  }

  /** Stops accepting and ends what is open. */
  async close(): Promise<void> {
    this.#traffic.close();
    if (!this.#server.listening) return;
    const closed = once(this.#server, 'close');
    this.#server.close();
    this.#entrance.close();
    this.connections.endAll(new SessionError('left', 'the supervisor stops'));
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
      const failure = error instanceof SessionError ? error.failure : 'left';
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
