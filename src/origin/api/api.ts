import type { Context } from '../context.js';
import { type Exchange, replyJson, replyOptions, replyText } from '../http/reply.js';
import { hostOf } from '../http/vhost.js';
import { AUTHORS, CATALOGUES, FEATURES } from './catalogue.js';
import { answerClusters } from './clusters.js';
import { Collections } from './collections.js';
import type { HostStats } from './host-stats.js';
import { metricsText } from './metrics.js';
import { RawApi } from './raw.js';
import type { View } from './views.js';
import * as views from './views.js';

/** SRS's error codes, which are sent with HTTP status 200. */
const TEST_ERROR = 100;
const METRICS_OFF = 1090;

/** The API's sources besides the context. */
export interface ApiSources {
  readonly host: HostStats;
  /** Number of open sockets. */
  readonly connections: () => number;
}

type Handler = (exchange: Exchange) => void;

/** SRS's HTTP API: each path has SRS's answer, as far as mini-srs has the data. */
export class Api {
  readonly #context: Context;
  readonly #sources: ApiSources;
  readonly #collections: Collections;
  readonly #raw: RawApi;

  /** Paths under `/api/v1/`; each value is the answer's `data`. */
  readonly #data: Readonly<Record<string, (exchange: Exchange) => View>> = {
    versions: () => views.versionView(),
    summaries: () => this.summaries(),
    rusages: () => views.rusagesView(),
    self_proc_stats: () => views.selfProcView(this.#sources.host),
    system_proc_stats: () => views.systemProcView(this.#sources.host),
    meminfos: () => views.memoryView(this.#sources.host),
    features: () => FEATURES,
    authors: () => AUTHORS,
    'tests/requests': (exchange) =>
      views.requestView(exchange.request.method ?? '', hostOf(exchange), exchange.url.pathname),
  };

  readonly #others: Readonly<Record<string, Handler>> = {
    '/metrics': (exchange) => this.#metrics(exchange),
    '/api/v1/raw': (exchange) => replyAnswer(exchange, this.#raw.answer(exchange)),
    '/api/v1/clusters': (exchange) => replyJson(exchange, answerClusters(this.#context, exchange)),
    '/api/v1/tests/errors': (exchange) => replyAnswer(exchange, TEST_ERROR),
    '/console': (exchange) => redirect(exchange, 302, '/console/'),
    '/api/v1/tests/redirects': (exchange) => redirect(exchange, 301, '/api/v1/tests/errors'),
  };

  constructor(context: Context, sources: ApiSources) {
    this.#context = context;
    this.#sources = sources;
    this.#collections = new Collections(context);
    this.#raw = new RawApi(context);
  }

  /** `data` of the summaries, also sent by the heartbeat. */
  summaries(): View {
    this.#context.clients.count();
    return views.summariesView(this.#context, this.#sources.host, this.#sources.connections());
  }

  /** Answers `versions`, a path that SRS's HTTP server has as well. */
  versions(exchange: Exchange): void {
    this.#answer(exchange, { data: views.versionView() });
  }

  /** Most paths ignore the method. A collection without its final slash is redirected. */
  handle(exchange: Exchange): void {
    const { request, url } = exchange;
    const data = own(this.#data, url.pathname.replace('/api/v1/', ''));
    const other = own(this.#others, url.pathname);
    if (request.method === 'OPTIONS') replyOptions(exchange);
    else if (data !== undefined) this.#answer(exchange, { data: data(exchange) });
    else if (other !== undefined) other(exchange);
    else this.#folder(exchange);
  }

  #folder(exchange: Exchange): void {
    const { pathname, search } = exchange.url;
    const [, collection, slash, id = ''] = /^\/api\/v1\/([a-z]+)(\/?)(.*)$/s.exec(pathname) ?? [];
    if (pathname.startsWith('/console/')) replyText(exchange, 404, 'Not Found');
    else if (Object.hasOwn(CATALOGUES, `${pathname}/`))
      redirect(exchange, 302, `${pathname}/${search}`);
    else if (!this.#collections.has(collection ?? '')) {
      this.#answer(exchange, catalogue(pathname));
    } else if (slash === '') redirect(exchange, 302, `${pathname}/${search}`);
    else this.#collection(exchange, collection ?? '', id);
  }

  #collection(exchange: Exchange, name: string, id: string): void {
    this.#context.clients.count();
    const answer = this.#collections.answer(name, id, exchange);
    if (answer === null) replyText(exchange, 405, 'Method Not Allowed');
    else if (typeof answer === 'number') replyAnswer(exchange, answer);
    else this.#answer(exchange, answer);
  }

  #metrics(exchange: Exchange): void {
    this.#context.clients.count();
    if (this.#context.conf.exporter === null) replyAnswer(exchange, METRICS_OFF);
    else replyText(exchange, 200, metricsText(this.#context, this.#sources.host));
  }

  #answer(exchange: Exchange, answer: View): void {
    const { server, service, pid } = this.#context.identity;
    replyJson(exchange, { code: 0, server, service, pid: String(pid), ...answer });
  }
}

function own<T>(table: Readonly<Record<string, T>>, name: string): T | undefined {
  return Object.hasOwn(table, name) ? table[name] : undefined;
}

/** Answers without the envelope's ids; a number is an error: `{"code":N}`. */
function replyAnswer(exchange: Exchange, answer: View | number): void {
  replyJson(exchange, typeof answer === 'number' ? { code: answer } : answer);
}

/** Returns the catalogue for an unknown path: that of its nearest parent. */
function catalogue(pathname: string): View {
  if (pathname.startsWith('/api/v1/')) return CATALOGUES['/api/v1/'];
  return pathname.startsWith('/api/') ? CATALOGUES['/api/'] : CATALOGUES['/'];
}

function redirect(exchange: Exchange, status: 301 | 302, location: string): void {
  replyText(exchange, status, `Redirect to ${location}`, { Location: location });
}
