/**
 * The room `api/`: SRS's HTTP API for all children: a poller's snapshots, merged by pure functions.
 * May import: child, child-access, clock, config, listener, logging, openapi, placement, protocol,
 * system.
 */

import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { messageOf } from '../errors.js';
import { type Logger, silentLogger } from '../logging/logger.js';
import { logFault, logRefusal } from '../logging/refusals.js';
import { json, type RouteDoc } from '../openapi/route-doc.js';
import { type ApiAccess, type ApiRefusal, isRefusedPreflight, refusalOf } from './access.js';
import { type Asked, readAsked, readQuestion } from './asked.js';
import { ChildCalls } from './child-calls.js';
import type { ClientRef } from './client-ids.js';
import { Everywhere, type Neighbours } from './everywhere.js';
import { type Handler, handlersOf, isChange, versionOf } from './handlers.js';
import type { Json } from './json.js';
import { MergedState } from './merged-state.js';
import { matchPath } from './mux.js';
import type { Pace } from './pace.js';
import { Passed } from './passed.js';
import { Poller } from './poller.js';
import { Raw, type ReloadResult } from './raw.js';
import { type ApiAnswer, addHeaders, bodyOf, data, refuse, send, text } from './reply.js';
import type { ApiIdentity, ApiSource } from './types.js';

export interface ApiOptions {
  readonly source: ApiSource;
  readonly logger?: Logger;
  /** Default: none, and every query is for this box alone. */
  readonly neighbours?: Neighbours;
  /** Default: the children's own password permits reading, and this machine may make changes. */
  readonly access?: ApiAccess;
  /** Polling intervals of children; default: `PACE`. */
  readonly pace?: Pace;
}

const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'];

/** The path of SRS that the admin port answers, too. */
const VERSIONS: RouteDoc = {
  summary: "Versions, as SRS's API tells them",
  tag: 'probes',
  isFree: true,
  answers: {
    200: json(
      z.object({
        code: z.literal(0),
        server: z.string(),
        service: z.string(),
        pid: z.string(),
        data: z.object({
          major: z.number(),
          minor: z.number(),
          revision: z.number(),
          version: z.string(),
        }),
      }),
      'the versions',
    ),
  },
};

/** The SRS HTTP API of the whole box: start it, add `plugin` to the API port, close it. */
export class Api {
  readonly #source: ApiSource;
  readonly #logger: Logger;
  #access: ApiAccess;
  readonly #poller: Poller;
  readonly #calls: ChildCalls;
  readonly #raw: Raw;
  readonly #handlers: ReadonlyMap<string, Handler>;
  /** Null: there are no other boxes. */
  readonly #everywhere: Everywhere | null;
  readonly #box: MergedState;

  constructor({ source, logger = silentLogger, access, pace, neighbours }: ApiOptions) {
    const { authorization } = source.rules;
    this.#source = source;
    this.#access = access ?? { authorization, token: null, changes: 'local' };
    this.#logger = logger;
    this.#calls = new ChildCalls();
    this.#poller = new Poller(
      source,
      this.#calls,
      pace === undefined ? { logger } : { logger, pace },
    );
    const box = new MergedState(source, this.#poller, this.#calls);
    this.#box = box;
    const passed = new Passed(source, this.#poller, this.#calls);
    this.#raw = new Raw(source, this.#calls, passed);
    this.#handlers = handlersOf({ source, box, passed, raw: this.#raw });
    const { identity } = source;
    const here = (question: string) => this.#answerAlone(question);
    this.#everywhere =
      neighbours === undefined ? null : new Everywhere({ neighbours, identity, here, logger });
  }

  /** Sets other access rules, for requests from now on. */
  renewAccess(access: ApiAccess): void {
    this.#access = access;
  }

  /** Starts polling the children. */
  async start(): Promise<void> {
    this.#poller.start();
  }

  async close(): Promise<void> {
    this.#poller.close();
  }

  /** The box as SRS's API names it. */
  get identity(): ApiIdentity {
    return this.#source.identity;
  }

  /** Resolves with `data` of the summaries of all children. */
  async summaries(): Promise<Json> {
    await this.#box.figures();
    return this.#box.summaries();
  }

  /** See `Raw.reload`. */
  reload(): Promise<ReloadResult> {
    return this.#raw.reload();
  }

  /**
   * Notes a client named by a child's hook. It can then be looked up and kicked before it is in any
   * list, by the id told to users.
   */
  noteClient(client: ClientRef, publicId = client.id): void {
    this.#poller.clients.note(client);
    if (publicId !== client.id) this.#poller.clients.name(client, publicId);
  }

  /** Closes the client of that id, as SRS's API does; false if there is none. */
  async kick(id: string): Promise<boolean> {
    return (await this.#box.kick(id)) === 0;
  }

  /** See `MergedState.kickSessions`. */
  kickSessions(fits: (client: Json) => boolean, child?: string): Promise<number> {
    return this.#box.kickSessions(fits, child);
  }

  /** Something happens in a child: what it said of its streams and clients before is stale. */
  stir(childId: string): void {
    this.#poller.stir(childId);
  }

  /** Answers another box's question for this box alone, as JSON. */
  async answer(question: string): Promise<string> {
    return JSON.stringify(await this.#answerAlone(question));
  }

  /** All paths of SRS's API port that no other plugin serves. */
  readonly plugin = async (app: FastifyInstance): Promise<void> => {
    // SRS reads no body on these paths, whatever its type.
    app.removeAllContentTypeParsers();
    app.addContentTypeParser('*', (_request, payload, done) => {
      payload.resume();
      done(null);
    });
    app.route({
      method: METHODS,
      url: '/*',
      handler: this.serve,
    });
  };

  /** Answers a request to SRS's API; for plugins that serve some of its paths. */
  readonly serve = (request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> =>
    this.#serve(request, reply);

  /** The only path of the API that SRS also serves on its HTTP port. */
  readonly versions = async (app: FastifyInstance): Promise<void> => {
    const handle = async () => data({ data: versionOf(this.#source.identity.version) });
    app.route({
      method: ['GET', 'HEAD', 'OPTIONS'],
      url: '/api/v1/versions',
      handler: (request, reply) => this.#serve(request, reply, handle),
    });
  };

  /** The same as plain JSON for another port: probes ask it whether the process is there. */
  readonly versionsAsJson = async (app: FastifyInstance): Promise<void> => {
    const { server, service, pid, version } = this.#source.identity;
    const answer = { code: 0, server, service, pid: String(pid), data: versionOf(version) };
    app.get('/api/v1/versions', { config: { doc: VERSIONS } }, async () => answer);
  };

  async #serve(
    request: FastifyRequest,
    reply: FastifyReply,
    handle = (asked: Asked) => this.#handle(asked),
  ): Promise<FastifyReply> {
    const { identity, rules } = this.#source;
    const { crossdomain } = rules;
    if (request.method === 'OPTIONS' && isRefusedPreflight(this.#access, request.headers)) {
      return reply.code(403).send();
    }
    addHeaders(request, reply, { crossdomain, version: identity.version });
    if (request.method === 'OPTIONS') return reply.code(crossdomain ? 200 : 405).send();
    const asked = readAsked(request);
    if (asked === null) return send(reply, text(400, 'Bad Request'), { identity, callback: '' });
    const refusal = this.#refusalOf(request, asked);
    if (refusal !== null) {
      this.#logRefusal(request, refusal);
      return refuse(reply, refusal);
    }
    return send(reply, await handle(asked), { identity, callback: asked.callback });
  }

  #refusalOf({ headers, clientAddress }: FastifyRequest, asked: Asked): ApiRefusal | null {
    const { path } = asked;
    const change = isChange(matchPath(this.#handlers.keys(), path), asked);
    return refusalOf(this.#access, { path, isChange: change, ip: clientAddress.ip, headers });
  }

  #logRefusal({ id, url, clientAddress }: FastifyRequest, { status, reason }: ApiRefusal): void {
    const err = reason === '' ? 'wrong credentials, or none' : reason;
    const about = { request: id, client: clientAddress.ip, url, status: `${status}` };
    logRefusal(this.#logger, 'api request refused', { ...about, err });
  }

  async #handle(asked: Asked): Promise<ApiAnswer> {
    const slashed = `${asked.path}/`;
    const has = (path: string) => this.#handlers.has(path);
    if (has(slashed) && !has(asked.path)) {
      return { kind: 'redirect', status: 302, to: `${slashed}${asked.search}` };
    }
    const isForAll = asked.query.get('scope') === 'cluster';
    const pattern = matchPath(this.#handlers.keys(), asked.path);
    const all = isForAll ? await this.#everywhere?.answer(asked, pattern) : null;
    return all ?? this.#handleAlone(asked, pattern);
  }

  async #answerAlone(question: string): Promise<Json> {
    const asked = readQuestion(question);
    if (asked === null) return bodyOf(text(400, 'Bad Request'));
    return bodyOf(await this.#handleAlone(asked, matchPath(this.#handlers.keys(), asked.path)));
  }

  async #handleAlone(asked: Asked, pattern: string): Promise<ApiAnswer> {
    try {
      const answer = this.#handlers.get(pattern)?.(asked, asked.path.slice(pattern.length));
      return (await answer) ?? text(404, 'Not Found');
    } catch (error) {
      const { path } = asked;
      logFault(this.#logger, 'api: no child answers', { path, reason: messageOf(error) });
      return text(503, 'Service Unavailable');
    }
  }
}
