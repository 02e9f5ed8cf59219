import { once } from 'node:events';
import type { IncomingMessage, RequestListener, Server, ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import type { FastifyInstance } from 'fastify';
import type { ChildRef } from '../../child/types.js';
import { formatAddress } from '../../config/address.js';
import type { Address } from '../../config/config.js';
import { codeOf, messageOf } from '../../errors.js';
import type { Logger } from '../../logger.js';
import type { StreamKey } from '../../stream-key.js';
import type { Certificate } from '../certificate.js';
import type { TrustedProxies } from '../client-address.js';
import { type Connection, type ConnectionLimits, Connections } from '../connections.js';
import { Entrance } from '../entrance.js';
import type { AliasFront, ConnectionRow, FrontSummary } from '../front.js';
import { listenError } from '../listen-error.js';
import { SessionError } from '../session-error.js';
import { TrafficMeter } from '../traffic.js';
import { clientOf, createApp, type HttpPlugin } from './app.js';
import { type LiveExchange, type LiveOptions, LiveRelay } from './live-relay.js';
import { createHttpServer, refuseBytes, TOO_LATE } from './server.js';

/** Connections that may wait to be accepted. */
const BACKLOG = 4096;

export interface HttpFrontOptions {
  /** The configuration's key, `listen.http`. */
  readonly name: string;
  readonly address: Address;
  /** Null: plain HTTP. */
  readonly tls: Certificate | null;
  /** Whose X-Forwarded-For and PROXY headers are believed. */
  readonly trusted: TrustedProxies;
  /** Every connection begins with a PROXY header. */
  readonly proxyProtocol: boolean;
  readonly limits: ConnectionLimits;
  /** A client that has not said by then what it wants is closed. */
  readonly identifyMs: number;
  readonly plugins: readonly HttpPlugin[];
  /** Null: no live streams on this port. */
  readonly live: LiveOptions | null;
  readonly logger: Logger;
}

/**
 * One HTTP port: node:http reads requests; live streams are relayed past it, and all else Fastify
 * hands to the rooms' plugins.
 */
export class HttpFront implements AliasFront {
  readonly connections: Connections;
  readonly counters = {
    accepted: 0,
    relayed: 0,
    refused: 0,
    failed: { silent: 0, invalid: 0, left: 0, 'no-child': 0, child: 0 },
  };
  readonly #options: HttpFrontOptions;
  readonly #traffic: TrafficMeter;
  readonly #entrance: Entrance;
  readonly #app: FastifyInstance;
  /** By the address that the socket itself says: TLS wraps one socket in another. */
  readonly #bySocket = new Map<string, Connection>();
  readonly #live: LiveRelay | null;
  /** Those that have asked for a live stream: no request behind that is answered. */
  readonly #taken = new WeakSet<Connection>();

  constructor(options: HttpFrontOptions) {
    this.#options = options;
    this.connections = new Connections(options.limits);
    this.#traffic = new TrafficMeter(this.connections);
    const { plugins, trusted, proxyProtocol, live, logger } = options;
    this.#live = live && new LiveRelay(live);
    const { connections, counters } = this;
    const proxies = proxyProtocol ? trusted : null;
    this.#entrance = new Entrance({ connections, counters, proxies, logger });
    this.#app = createApp({
      plugins,
      trusted,
      logger,
      connectionOf: (socket) => this.#connectionOf(socket),
      serverFactory: (handler) => this.#makeServer(handler),
    });
  }

  /** Resolves when the port takes requests; rejects with ERR_LISTEN when it cannot be had. */
  async start(): Promise<void> {
    await this.#app.ready();
    const { address, name, logger } = this.#options;
    const server = this.#app.server;
    server.listen({ ...address, backlog: BACKLOG });
    try {
      await once(server, 'listening');
    } catch (error) {
      throw listenError(name, address, error);
    }
    server.on('error', (error) => logger.error({ err: error }, 'http accept'));
  }

  address(): AddressInfo | null {
    return this.#app.server.address() as AddressInfo | null;
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
    return this.#options.live?.aliases.clientOf(alias) ?? null;
  }

  endOf(owner: ChildRef, reason: string, stream?: StreamKey): void {
    this.connections.endOf(owner, new SessionError('child', reason), stream);
  }

  /** Stops accepting and ends what is open. */
  async close(): Promise<void> {
    this.#traffic.close();
    const { server } = this.#app;
    if (server.listening) {
      const closed = once(server, 'close');
      server.close();
      this.#entrance.close();
      this.connections.endAll(new SessionError('left', 'the supervisor stops'));
      await closed;
    }
    await this.#app.close();
  }

  #makeServer(handler: RequestListener): Server {
    const { tls, identifyMs } = this.#options;
    const server = createHttpServer(tls, identifyMs, (request, response) => {
      if (!this.#serveLive(request, response)) handler(request, response);
    });
    const [serve] = server.listeners('connection') as ((socket: Socket) => void)[];
    server.removeAllListeners('connection');
    server.on('connection', (socket: Socket) => {
      this.#letIn(socket).then((isIn) => {
        if (!isIn) return;
        serve?.call(server, socket);
        // Reading its PROXY header has paused it. TLS takes the bytes from below.
        if (tls === null) socket.resume();
      });
    });
    server.on('clientError', (error, socket) => {
      this.counters.failed[codeOf(error) === TOO_LATE ? 'silent' : 'invalid'] += 1;
      refuseBytes(error, socket as Socket);
    });
    return server;
  }

  async #letIn(socket: Socket): Promise<boolean> {
    const key = socketKey(socket);
    const connection = await this.#entrance.letIn(socket);
    if (connection === null) return false;
    this.#bySocket.set(key, connection);
    connection.signal.addEventListener('abort', () => socket.destroy());
    socket.once('close', () => {
      this.#bySocket.delete(key);
      if (connection.relayed === null) this.#gone(connection);
    });
    return true;
  }

  #gone(connection: Connection): void {
    connection.end(new SessionError('left', 'the client has left'));
    this.#options.live?.aliases.release(connection.alias);
    this.connections.closed(connection);
  }

  /** False: it is nothing for us. */
  #serveLive(request: IncomingMessage, response: ServerResponse): boolean {
    const connection = this.#connectionOf(request.socket);
    if (connection === null || this.#taken.has(connection)) return true;
    if (this.#live === null) return false;
    const client = clientOf(request, connection, this.#options.trusted);
    const exchange = { request, response, connection, client };
    if (request.method === 'OPTIONS') {
      this.#live.preflight(exchange);
      return true;
    }
    const live = this.#live.find(request);
    if (live === null) return false;
    this.#taken.add(connection);
    connection.client = formatAddress({ host: client.ip, port: client.port });
    this.#relay(this.#live.serve(live, exchange), exchange);
    return true;
  }

  async #relay(serving: Promise<void>, { connection, request }: LiveExchange): Promise<void> {
    try {
      await serving;
    } catch (error) {
      const failure = error instanceof SessionError ? error.failure : 'left';
      this.counters.failed[failure] += 1;
      const { client, stream } = connection;
      const fields = { client, stream, failure, err: messageOf(error), url: request.url };
      this.#options.logger.debug(fields, 'live stream not served');
    }
    if (connection.relayed === null) return;
    this.counters.relayed += 1;
    this.#gone(connection);
  }

  #connectionOf(socket: Socket): Connection | null {
    return this.#bySocket.get(socketKey(socket)) ?? null;
  }
}

function socketKey({ remoteAddress, remotePort }: Socket): string {
  return `${remoteAddress} ${remotePort}`;
}
