import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify';
import type { OwnerRef } from '../owner.js';
import { listenAt } from '../system/open-ports.js';
import { parseHook } from './body.js';
import type { HookRelay } from './relay.js';

export interface HookServerOptions {
  readonly relay: HookRelay;
  /** The secret that children know already; default: a new one. */
  readonly secret?: string | undefined;
  /** Calls are answered from then on; default: at once. */
  readonly known?: Promise<void> | undefined;
  /** Returns the child's present life; null if there is no such child. */
  readonly owner: (childId: string) => OwnerRef | null;
}

/** Bytes. SRS's longest call, `on_hls`, has a few hundred, plus what a client's URL adds. */
const MAX_BODY_BYTES = 64 * 1024;
const REQUEST_TIMEOUT_MS = 10_000;
const HOST = '127.0.0.1';

type ChildParams = { Params: { child: string } };

/** Server for the children's hooks: on loopback, under a secret path. */
export class HookServer {
  readonly #options: HookServerOptions;
  readonly #app: FastifyInstance;
  readonly #secret: string;

  constructor(options: HookServerOptions) {
    this.#options = options;
    this.#secret = options.secret ?? randomBytes(18).toString('base64url');
    this.#app = fastify({
      logger: false,
      bodyLimit: MAX_BODY_BYTES,
      requestTimeout: REQUEST_TIMEOUT_MS,
      forceCloseConnections: true,
      routerOptions: { maxParamLength: 2048 },
    });
    this.#app.removeAllContentTypeParsers();
    this.#app.addContentTypeParser('*', { parseAs: 'string' }, async (_: unknown, text: string) =>
      Promise.resolve(text),
    );
    this.#addRoutes();
  }

  /** Resolves when children can call. */
  async start(): Promise<void> {
    await this.#app.ready();
    listenAt(this.#app.server, 'hooks', { host: HOST, port: 0 });
    await once(this.#app.server, 'listening');
  }

  /** The secret part of the URLs. */
  get secret(): string {
    return this.#secret;
  }

  /** Returns the URL for one child's hooks. Call it after start(). */
  urlFor(childId: string): string {
    const { port } = this.#app.server.address() as AddressInfo;
    return `http://${HOST}:${port}/hooks/${this.#secret}/${childId}`;
  }

  async close(): Promise<void> {
    this.#options.relay.close();
    this.#app.server.close();
    this.#app.server.closeAllConnections();
    await this.#app.close();
  }

  #addRoutes(): void {
    const path = `/hooks/${this.#secret}/:child`;
    this.#app.post<ChildParams>(path, (request, reply) => this.#hook(request, reply));
    this.#app.get<ChildParams>(`${path}/notify/:origin/*`, (request, reply) =>
      this.#notify(request, reply),
    );
  }

  async #hook(request: FastifyRequest<ChildParams>, reply: FastifyReply): Promise<FastifyReply> {
    await this.#options.known;
    const owner = this.#options.owner(request.params.child);
    const body = parseHook(String(request.body));
    if (owner === null) return reply.code(404).send();
    if (body === null) return reply.code(400).send();
    const gone = new AbortController();
    reply.raw.once('close', () => {
      if (!reply.raw.writableFinished) gone.abort(new Error('the child has hung up'));
    });
    const userAgent = request.headers['user-agent'] ?? '';
    const answer = await this.#options.relay.handle({
      owner,
      body,
      userAgent,
      signal: gone.signal,
    });
    return reply.code(answer.status).type('application/json').send(answer.body);
  }

  /** Forwards the path behind the origin undecoded: SRS has inserted a client's texts into it. */
  async #notify(request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
    const [, origin = '', path = ''] =
      /\/notify\/([^/]*)(\/.*)$/s.exec(request.raw.url ?? '') ?? [];
    const target = Buffer.from(origin, 'base64url').toString();
    void this.#options.relay.notify(target, path, request.headers['user-agent'] ?? '');
    return reply.send();
  }
}
