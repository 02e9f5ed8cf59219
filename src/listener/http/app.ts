import type { IncomingMessage, RequestListener, Server } from 'node:http';
import type { Socket } from 'node:net';
import fastify, { type FastifyError, type FastifyInstance } from 'fastify';
import type { Logger } from '../../logging/logger.js';
import { logFault } from '../../logging/refusals.js';
import { corsHeaders } from '../../protocol/http/cors.js';
import { forwardedPrefix } from '../../protocol/http/forwarded.js';
import { isAmbiguous, parseTarget } from '../../protocol/http/target.js';
import { type ClientAddress, forwardedClient, type TrustedProxies } from '../client-address.js';
import type { Connection } from '../connection.js';
import type { Failure } from '../failure.js';
import { logFailure } from '../log-failure.js';
import { failureOf, isOwnFailure, reasonForClient } from '../session-error.js';
import { challenge, GATE_STATUS } from './gate-refusal.js';
import { requestId, sendRequestIds } from './request-ids.js';

declare module 'fastify' {
  interface FastifyRequest {
    /**
     * The client's address, as trusted load balancers and proxies tell it; claims of others are
     * ignored.
     */
    readonly clientAddress: ClientAddress;
    /** Path that a trusted proxy has stripped, `/tv`; '' if none. */
    readonly strippedPrefix: string;
    /** Counts the request as not served by its port. */
    readonly countFailure: (failure: Failure) => void;
  }
}

/** The routes of another room on an HTTP port, with hooks and error handlers of their own. */
export type HttpPlugin = (app: FastifyInstance) => Promise<void>;

export interface AppOptions {
  readonly plugins: readonly HttpPlugin[];
  readonly trusted: TrustedProxies;
  /** `Server` header of all answers; null: they have none of their own. */
  readonly server: string | null;
  readonly logger: Logger;
  /** Counts a request that was not served. */
  readonly onFailure: (failure: Failure) => void;
  readonly connectionOf: (socket: Socket) => Connection | null;
  readonly serverFactory: (handler: RequestListener) => Server;
  /** Answers have their request's id, as `x-request-id`. */
  readonly hasIds: boolean;
}

const TEXT = 'text/plain; charset=utf-8';
const MAX_BODY_BYTES = 1024 * 1024;

/** Makes the Fastify instance of one port, with the plugins of the rooms that it serves. */
export function createApp(options: AppOptions): FastifyInstance {
  const { plugins, trusted, server, connectionOf, serverFactory } = options;
  const app = fastify({
    logger: false,
    bodyLimit: MAX_BODY_BYTES,
    forceCloseConnections: true,
    serverFactory: (handler) => serverFactory(handler as RequestListener),
    rewriteUrl: ({ url = '/' }) => pathOf(url),
    genReqId: ({ headers }) => requestId({ headers }),
  });
  if (options.hasIds) sendRequestIds(app);
  app.decorateRequest('clientAddress', {
    getter() {
      return clientOf(this.raw, connectionOf(this.raw.socket), trusted);
    },
  });
  app.decorateRequest('countFailure', options.onFailure);
  app.decorateRequest('strippedPrefix', {
    getter() {
      const ip = connectionOf(this.raw.socket)?.ip;
      const header = this.raw.headers['x-forwarded-prefix']?.toString();
      return ip !== undefined && trusted.has(ip) ? forwardedPrefix(header) : '';
    },
  });
  app.addHook('onRequest', async (request, reply) => {
    // On the response itself, so that answers past Fastify have it, too.
    if (server !== null) reply.raw.setHeader('Server', server);
    const { path } = parseTarget(request.url) ?? {};
    if (path !== undefined && !isAmbiguous(path)) return undefined;
    return reply.code(400).type(TEXT).send('Bad Request: the path can be read in two ways\n');
  });
  addErrors(app, options);
  for (const plugin of plugins) app.register(plugin);
  return app;
}

/** Returns the path and query of an absolute-form, which is routed like an origin-form. */
function pathOf(url: string): string {
  const target = url.startsWith('/') ? null : parseTarget(url);
  if (target === null) return url;
  return target.query === '' ? target.path : `${target.path}?${target.query}`;
}

/** Returns the client of a request; the address of a closed connection is unknown. */
export function clientOf(
  request: IncomingMessage,
  connection: Connection | null,
  trusted: TrustedProxies,
): ClientAddress {
  const peer = connection ?? { ip: '0.0.0.0', port: 0 };
  const header = request.headers['x-forwarded-for'];
  return forwardedClient({ ip: peer.ip, port: peer.port }, header?.toString(), trusted);
}

function addErrors(app: FastifyInstance, { logger, onFailure }: AppOptions): void {
  app.setNotFoundHandler((_request, reply) => reply.code(404).type(TEXT).send('Not Found\n'));
  app.setErrorHandler((error: FastifyError, { id, url, headers, clientAddress }, reply) => {
    const { statusCode = 500 } = error;
    reply.type(TEXT);
    if (statusCode < 500) {
      const [line = ''] = error.message.split('\n');
      return reply.code(statusCode).send(`${line}\n`);
    }
    const failure = failureOf(error);
    const refused = GATE_STATUS[failure];
    if (refused !== undefined) {
      const about = { request: id, client: clientAddress.ip, url };
      onFailure(logFailure(logger, 'http: client refused', about, error));
      reply.headers({ ...challenge(refused), ...corsHeaders(headers.origin) });
      return reply.code(refused).send(`${error.message}\n`);
    }
    if (!isOwnFailure(failure)) {
      logFault(logger, 'http: failed', { request: id, url, reason: error.message });
      return reply.code(statusCode).send('Internal Server Error\n');
    }
    onFailure(logFailure(logger, 'http: request failed', { request: id, url }, error));
    if (failure === 'internal') return reply.code(500).send('Internal Server Error\n');
    return reply
      .code(503)
      .header('Retry-After', '1')
      .send(`${reasonForClient(error)}\n`);
  });
}
