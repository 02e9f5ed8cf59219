import type { IncomingMessage, RequestListener, Server, ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import type { FastifyInstance } from 'fastify';
import { formatAddress } from '../../config/address.js';
import type { Address } from '../../config/config.js';
import { codeOf } from '../../errors.js';
import type { Logger } from '../../logging/logger.js';
import { AcceptTurns } from '../accept-turns.js';
import { Admission } from '../admission.js';
import type { ConnectionLimits } from '../budget.js';
import type { Certificate } from '../certificate.js';
import type { TrustedProxies } from '../client-address.js';
import { ClientListener } from '../client-listener.js';
import type { Connection } from '../connection.js';
import { failureOf, SessionError } from '../session-error.js';
import { closePort, openPort } from '../tcp-port.js';
import { clientOf, createApp, type HttpPlugin } from './app.js';
import type { LiveExchange } from './child-streams.js';
import { type LiveOptions, LiveRelay } from './live-relay.js';
import { createHttpServer, refuseBytes, setHeadLimit, TOO_LATE } from './server.js';
import { TurnAway } from './turn-away.js';

export interface HttpListenerOptions {
  /** The configuration's key, `listen.http`. */
  readonly name: string;
  readonly address: Address;
  /** Null: plain HTTP. */
  readonly tls: Certificate | null;
  /** Proxies whose X-Forwarded-For and PROXY headers are trusted. */
  readonly trusted: TrustedProxies;
  /** Every connection begins with a PROXY header. */
  readonly proxyProtocol: boolean;
  readonly limits: ConnectionLimits;
  /** Turns that several ports share; default: this port's own, in which Node alone accepts. */
  readonly acceptTurns?: AcceptTurns | undefined;
  /** Most milliseconds for a client's request. */
  readonly identifyMs: number;
  /** See `HttpTimes.sendMs`. */
  readonly sendMs?: number;
  readonly plugins: readonly HttpPlugin[];
  /** See `AppOptions.server`; default: null. */
  readonly server?: string;
  /** Null: no live streams on this port. */
  readonly live: LiveOptions | null;
  readonly logger: Logger;
}

/**
 * One HTTP port: node:http reads requests; live streams are relayed past it, and Fastify passes all
 * other requests to the rooms' plugins.
 */
export class HttpListener extends ClientListener {
  readonly #options: HttpListenerOptions;
  readonly #admission: Admission;
  readonly #app: FastifyInstance;
  /** By the socket's own addresses, because TLS wraps one socket in another. */
  readonly #bySocket = new Map<string, Connection>();
  readonly #live: LiveRelay | null;
  #turnAway = (client: Socket): void => void client.resetAndDestroy();
  /** Connections with a request for a live stream; later requests on them are not answered. */
  readonly #taken = new WeakSet<Connection>();
  /** Number of unanswered requests per connection. */
  readonly #requests = new WeakMap<Connection, number>();

  constructor(options: HttpListenerOptions) {
    const { limits, plugins, trusted, server = null, proxyProtocol, live, logger } = options;
    const aliases = live?.aliases ?? null;
    super({ limits, aliases, notServed: 'live stream not served', logger });
    this.#options = options;
    this.#live = live && new LiveRelay(live);
    const { connections, counters } = this;
    const proxies = proxyProtocol ? trusted : null;
    if (options.tls === null) this.#turnAway = new TurnAway().answer;
    const turnAway = this.#turnAway;
    this.#admission = new Admission({ connections, counters, proxies, turnAway, logger });
    this.#app = createApp({
      plugins,
      trusted,
      server,
      logger,
      hasIds: live === null,
      onFailure: (failure) => {
        this.counters.failed[failure] += 1;
      },
      connectionOf: (socket) => this.#connectionOf(socket),
      serverFactory: (handler) => this.#makeServer(handler),
    });
  }

  async start(): Promise<void> {
    await this.#app.ready();
    const { address, name, logger } = this.#options;
    await openPort(this.#app.server, name, address, logger);
  }

  address(): AddressInfo | null {
    return this.#app.server.address() as AddressInfo | null;
  }

  /** Gives clients so many milliseconds for a request from now on. */
  renew(identifyMs: number): void {
    setHeadLimit(this.#app.server, identifyMs);
  }

  override async close(): Promise<void> {
    const closed = closePort(this.#app.server);
    this.#admission.close();
    await super.close();
    await closed;
    await this.#app.close();
  }

  #makeServer(handler: RequestListener): Server {
    const { tls, identifyMs: headMs, sendMs } = this.#options;
    const times = { headMs, ...(sendMs === undefined ? {} : { sendMs }) };
    const server = createHttpServer(tls, times, (request, response) => {
      this.#occupy(request, response);
      const otherwise = () => handler(request, response);
      if (!this.#serveLive(request, response, otherwise)) otherwise();
    });
    const serve = server.listeners('connection') as ((socket: Socket) => void)[];
    server.removeAllListeners('connection');
    const begin = async (socket: Socket) => {
      if (!(await this.#admit(socket))) return;
      for (const listener of serve) listener.call(server, socket);
      // Reading the PROXY header has paused the socket. TLS reads from it directly.
      if (tls === null) socket.resume();
    };
    const { acceptTurns = new AcceptTurns() } = this.#options;
    acceptTurns.share(server, (socket) => {
      begin(socket).catch((error: unknown) => {
        socket.destroy();
        throw error;
      });
    });
    server.on('clientError', (error, socket) => {
      this.counters.failed[codeOf(error) === TOO_LATE ? 'silent' : 'invalid'] += 1;
      refuseBytes(error, socket as Socket);
    });
    return server;
  }

  async #admit(socket: Socket): Promise<boolean> {
    const key = socketKey(socket);
    const connection = await this.#admission.admit(socket);
    if (connection === null) return false;
    this.#bySocket.set(key, connection);
    connection.onEnd = (reason) => {
      if (failureOf(reason) === 'shed') this.#shed(socket, connection);
      else socket.destroy();
    };
    socket.once('close', () => {
      this.#bySocket.delete(key);
      if (connection.relayed === null) this.#gone(connection);
    });
    return true;
  }

  /** Marks a client as pending between its requests. */
  #occupy({ socket }: IncomingMessage, response: ServerResponse): void {
    const connection = this.#connectionOf(socket);
    if (connection === null) return;
    connection.settle();
    const requests = (this.#requests.get(connection) ?? 0) + 1;
    this.#requests.set(connection, requests);
    response.once('close', () => {
      const left = (this.#requests.get(connection) ?? 1) - 1;
      this.#requests.set(connection, left);
      if (left === 0 && connection.relayed === null && !socket.destroyed) {
        this.connections.pend(connection);
      }
    });
  }

  /** A client that has had an answer would take this one for the answer to its next request. */
  #shed(socket: Socket, connection: Connection): void {
    this.counters.failed.shed += 1;
    if (this.#requests.has(connection)) socket.destroy();
    else this.#turnAway(socket);
  }

  #gone(connection: Connection): void {
    connection.end(new SessionError('left', 'the client has left'));
    this.leave(connection);
  }

  /** Serves a request for a live stream, or for a file by `otherwise`; false if it is none. */
  #serveLive(request: IncomingMessage, response: ServerResponse, otherwise: () => void): boolean {
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
    const leave = () => {
      this.#taken.delete(connection);
      otherwise();
    };
    connection.comesFrom(formatAddress({ host: client.ip, port: client.port }));
    void this.#relay(this.#live.serve(live, exchange, leave), exchange);
    return true;
  }

  async #relay(serving: Promise<void>, { connection, request }: LiveExchange): Promise<void> {
    try {
      await serving;
    } catch (error) {
      this.fail(connection, error, { url: request.url });
    }
    if (connection.relayed === null) return;
    this.served(connection);
    this.#gone(connection);
  }

  #connectionOf(socket: Socket): Connection | null {
    return this.#bySocket.get(socketKey(socket)) ?? null;
  }
}

/** Both addresses, because a client may use one port for two addresses of ours. */
function socketKey({ remoteAddress, remotePort, localAddress, localPort }: Socket): string {
  return `${remoteAddress} ${remotePort} ${localAddress} ${localPort}`;
}
