import http from 'node:http';
import net, { type Server, type Socket } from 'node:net';
import { messageOf } from '../errors.js';
import { Api } from './api/api.js';
import { judge } from './api/auth.js';
import { HostStats } from './api/host-stats.js';
import { Clients } from './clients.js';
import type { ListenAddress, OriginConf } from './conf/conf.js';
import type { Context } from './context.js';
import { heartbeatBody, startHeartbeat } from './heartbeat.js';
import { Hooks } from './hooks.js';
import { matchLive, playLive } from './http/live.js';
import { commonHeaders, type Exchange, replyOptions, toExchange } from './http/reply.js';
import { serveFile } from './http/static-files.js';
import { webDir } from './http/vhost.js';
import { createIdentity } from './identity.js';
import type { Log } from './log.js';
import { Sources } from './media/sources.js';
import { RtmpSession } from './rtmp/session.js';
import { listen } from './server-socket.js';
import type { Publication, Service } from './service.js';
import { createServices } from './services.js';

/** Client id in log lines about the whole process. */
const MAIN = 'main';
/** Milliseconds between two updates of the byte rates. */
const COUNT_MS = 10_000;

/** The origin server: RTMP, HTTP-FLV, files, API, hooks and heartbeat of one config. */
export class Origin {
  readonly #conf: OriginConf;
  readonly #log: Log;
  readonly #context: Context;
  readonly #api: Api;
  readonly #servers: Server[] = [];
  readonly #sockets = new Set<Socket>();
  readonly #timer: NodeJS.Timeout;
  /** The other parts, in the order of their start. */
  readonly #services: readonly Service[];
  #stopHeartbeat: () => void = () => {};

  constructor(conf: OriginConf, log: Log) {
    const identity = createIdentity(conf);
    const hooks = new Hooks(identity, conf.vhosts, log);
    const clients = new Clients();
    this.#conf = conf;
    this.#log = log;
    const published = (publication: Publication): void => {
      for (const service of this.#services) service.published?.(publication);
    };
    this.#context = { conf, identity, log, sources: new Sources(), clients, hooks, published };
    this.#services = createServices(this.#context);
    const connections = (): number => this.#sockets.size;
    this.#api = new Api(this.#context, { host: new HostStats(), connections });
    this.#timer = setInterval(() => clients.count(), COUNT_MS).unref();
  }

  /** Opens all ports; rejects with the system's error if one is taken. */
  async start(): Promise<void> {
    const { rtmp, api, http: web, exporter, heartbeat } = this.#conf;
    for (const address of rtmp) {
      const server = net.createServer((socket) => new RtmpSession(this.#context, socket));
      await this.#open('RTMP', server, address);
    }
    const apiServer = this.#http((exchange) => this.#answerApi(exchange));
    if (api) await this.#open('HTTP-API', apiServer, api);
    const exporterServer = this.#http((exchange) => this.#answerApi(exchange));
    const ownPort = exporter !== null && exporter.text !== api?.text;
    if (ownPort) await this.#open('Exporter-Server', exporterServer, exporter);
    const webServer = this.#http((exchange) => this.#answerWeb(exchange));
    if (web) await this.#open('HTTP-Server', webServer, web);
    for (const service of this.#services) await service.start?.();
    if (heartbeat === null) return;
    const body = (): unknown =>
      heartbeatBody(this.#conf, this.#context.identity, () => this.#api.summaries());
    this.#stopHeartbeat = startHeartbeat(heartbeat, this.#log, body);
  }

  /** Closes all ports and clients; resolves when they are closed. */
  async close(): Promise<void> {
    clearInterval(this.#timer);
    this.#stopHeartbeat();
    const closed = this.#servers.map(
      (server) => new Promise<void>((resolve) => server.close(() => resolve())),
    );
    for (const socket of this.#sockets) socket.destroy();
    await Promise.all(closed);
    for (const service of this.#services.toReversed()) await service.close?.();
  }

  async #open(name: string, server: Server, address: ListenAddress): Promise<void> {
    server.prependListener('connection', (socket: Socket) => this.#admit(socket));
    server.on('error', (error) => this.#log.error(MAIN, `${name}: ${error.message}`));
    this.#servers.push(server);
    await listen(server, address);
    this.#log.info(MAIN, `${name} listen at tcp://${address.text}`);
  }

  /** Closes a socket at once if there are too many, whatever its protocol. */
  #admit(socket: Socket): void {
    if (this.#sockets.size >= this.#conf.maxConnections) {
      this.#log.warn(MAIN, `exceed max connections=${this.#conf.maxConnections}`);
      socket.destroy();
      return;
    }
    this.#sockets.add(socket);
    socket.once('close', () => this.#sockets.delete(socket));
  }

  #http(handle: (exchange: Exchange) => void | Promise<void>): http.Server {
    return http.createServer((request, response) => {
      response.sendDate = false;
      const failed = (error: unknown): void => {
        this.#log.error(MAIN, `HTTP ${request.url ?? ''}: ${messageOf(error)}`);
        response.destroy();
      };
      const exchange = toExchange(request, response);
      if (this.#isBarred(exchange)) return;
      Promise.resolve(handle(exchange)).catch(failed);
    });
  }

  /** Answers 401 if the API's password is missing. SRS asks for it on both ports. */
  #isBarred({ request, response, url }: Exchange): boolean {
    const verdict = judge(this.#conf.auth, url.pathname, request.headers.authorization);
    if (verdict === 'ok') return false;
    const ask = verdict === 'ask' ? { 'WWW-Authenticate': 'Basic' } : {};
    response.writeHead(401, { ...commonHeaders(request), ...ask }).end();
    return true;
  }

  async #answerApi(exchange: Exchange): Promise<void> {
    for (const service of this.#services) {
      if (await service.api?.(exchange)) return;
    }
    this.#api.handle(exchange);
  }

  async #answerWeb(exchange: Exchange): Promise<void> {
    if (exchange.request.method === 'OPTIONS') return replyOptions(exchange);
    if (exchange.url.pathname.startsWith('/api/v1/versions')) return this.#api.versions(exchange);
    for (const service of this.#services) {
      if (await service.web?.(exchange)) return;
    }
    const live = matchLive(this.#context, exchange);
    if (live) return playLive(this.#context, exchange, live);
    return serveFile(exchange, webDir(this.#context, exchange));
  }
}
