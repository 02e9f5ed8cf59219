/**
 * The room `admin/`: the private port, where tools of operators ask what runs and order jobs.
 * May import: child, config, events, hooks, jobs, listener, logging, openapi, placement, protocol,
 * system, unmanaged.
 */

import { once } from 'node:events';
import type { RequestListener, Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import fastify, { type FastifyError, type FastifyInstance, type FastifyRequest } from 'fastify';
import { formatAddress, isLoopback } from '../config/address.js';
import type { Address } from '../config/config.js';
import { codeOf, messageOf, SupervisorError } from '../errors.js';
import { requestId, sendRequestIds } from '../listener/http/request-ids.js';
import { createHttpServer } from '../listener/http/server.js';
import { type Logger, silentLogger } from '../logging/logger.js';
import { logFault } from '../logging/refusals.js';
import { collectRoutes, type RegisteredRoute } from '../openapi/routes.js';
import { listenAt } from '../system/open-ports.js';
import { type Guard, refusalOf } from './guard.js';
import { IdleFirst } from './idle-first.js';
import { addDocument, addStateRoutes } from './state-routes.js';
import type { AdminSource } from './types.js';

export interface AdminOptions {
  readonly address: Address;
  readonly source: AdminSource;
  /** Required with every request except /healthz; must be set unless the address is loopback. */
  readonly token?: string | null;
  /** Routes of other rooms. */
  readonly plugins?: readonly AdminPlugin[];
  /** Reports which of those requests need no token. */
  readonly isFree?: (request: FastifyRequest) => boolean;
  /** Removes secrets from responses: reasons of failures may quote a configuration. */
  readonly hide?: ((text: string) => string) | undefined;
  readonly logger?: Logger;
  /** Most open connections; default: `MAX_CONNECTIONS`. */
  readonly maxConnections?: number;
}

export type AdminPlugin = (app: FastifyInstance) => Promise<void>;

const MAX_BODY_BYTES = 64 * 1024;
/** Milliseconds for a head, and for a whole request. */
const REQUEST_TIMEOUT_MS = 10_000;
/** Far more than tools keep open. */
const MAX_CONNECTIONS = 128;

/** The private port for operators and tools: the supervisor's state as JSON. */
export class AdminServer {
  readonly #options: AdminOptions;
  readonly #app: FastifyInstance;
  #token: string | null;
  /** Routes that are registered; complete after start(). */
  readonly routes: readonly RegisteredRoute[];

  constructor(options: AdminOptions) {
    this.#options = options;
    this.#app = fastify({
      logger: false,
      bodyLimit: MAX_BODY_BYTES,
      forceCloseConnections: true,
      genReqId: ({ headers }) => requestId({ headers }),
      serverFactory: (handler) => makeServer(handler as RequestListener, options),
    });
    sendRequestIds(this.#app);
    const { address, token = null, isFree = () => false } = options;
    this.#token = token;
    const loopback = isLoopback(address);
    addGuard(this.#app, () => ({ token: this.#token, loopback }), isFree);
    const { hide } = options;
    if (hide) this.#app.addHook('onSend', async (_request, _reply, body) => hidden(body, hide));
    addErrors(this.#app, options.logger ?? silentLogger);
    this.routes = collectRoutes(this.#app);
    addStateRoutes(this.#app, options.source);
    addDocument(this.#app, this.routes);
    for (const plugin of options.plugins ?? []) this.#app.register(plugin);
  }

  /** Resolves when the port answers. @throws ERR_CONFIG, ERR_LISTEN */
  async start(): Promise<void> {
    const { address, token } = this.#options;
    const where = formatAddress(address);
    if (!isLoopback(address) && !token) {
      throw new SupervisorError(
        'ERR_CONFIG',
        `listen.admin: must be on loopback unless a token guards it, got "${where}"; set admin.token`,
      );
    }
    try {
      await this.#app.ready();
      listenAt(this.#app.server, 'listen.admin', {
        host: address.host ?? '::',
        port: address.port,
      });
      await once(this.#app.server, 'listening');
    } catch (error) {
      const why = codeOf(error) === 'EADDRINUSE' ? 'the port is taken' : messageOf(error);
      const mend = 'stop what holds it, or set listen.admin (--admin) to another port';
      throw new SupervisorError('ERR_LISTEN', `listen.admin: ${where}: ${why}; ${mend}`, {
        cause: error,
      });
    }
  }

  /** Requires another token from now on. */
  renewToken(token: string | null): void {
    this.#token = token;
  }

  /** Returns the bound address. Call it after start(). */
  address(): AddressInfo {
    const address = this.#app.server.address();
    if (address === null || typeof address === 'string') throw new Error('admin: not started');
    return address;
  }

  /** Closes the port and every connection to it. */
  async close(): Promise<void> {
    this.#app.server.close();
    this.#app.server.closeAllConnections();
    await this.#app.close();
  }
}

function makeServer(
  handler: RequestListener,
  { maxConnections = MAX_CONNECTIONS }: Pick<AdminOptions, 'maxConnections'>,
): Server {
  const connections = new IdleFirst(maxConnections);
  const times = { headMs: REQUEST_TIMEOUT_MS };
  const server = createHttpServer(null, times, (request, response) => {
    connections.begin(request, response);
    handler(request, response);
  });
  server.requestTimeout = REQUEST_TIMEOUT_MS;
  return server.on('connection', (socket) => connections.add(socket));
}

function addGuard(
  app: FastifyInstance,
  guardNow: () => Guard,
  isFree: (request: FastifyRequest) => boolean,
): void {
  app.addHook('onRequest', async (request, reply) => {
    reply.header('cache-control', 'no-store').header('x-content-type-options', 'nosniff');
    const { host, origin, authorization } = request.headers;
    const isProbe = request.url === '/healthz';
    const guard = guardNow();
    // A load balancer's probe has no token, and learns only one bit.
    const token = isProbe || isFree(request) ? null : guard.token;
    // HAProxy's probe is HTTP/1.0 without a Host, which no browser leaves out.
    const loopback = guard.loopback && !(isProbe && host === undefined);
    const refusal = refusalOf({ token, loopback }, { host, origin, authorization });
    if (refusal === null) return undefined;
    if (refusal.status === 401) reply.header('www-authenticate', 'Bearer');
    return reply.code(refusal.status).send({ error: refusal.error });
  });
}

function hidden(body: unknown, hide: (text: string) => string): unknown {
  return typeof body === 'string' ? hide(body) : body;
}

function addErrors(app: FastifyInstance, logger: Logger): void {
  app.setNotFoundHandler((request, reply) => {
    const [path] = request.url.split('?');
    return reply.code(404).send({ error: `nothing at ${request.method} ${path}` });
  });
  app.setErrorHandler((error: FastifyError, { id, url }, reply) => {
    const status = error.statusCode ?? 500;
    const about = { request: id, url, reason: error.message };
    if (status >= 500) logFault(logger, 'admin: failed', about);
    const [line = ''] = error.message.split('\n');
    return reply.code(status).send({ error: line });
  });
}
