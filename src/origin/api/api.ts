import type { Context } from '../context.js';
import { type Exchange, replyJson, replyOptions, replyText } from '../http/reply.js';
import type { HostStats } from './host-stats.js';
import { metricsText } from './metrics.js';
import type { View } from './views.js';
import * as views from './views.js';

/** SRS's error codes, which come with HTTP status 200. */
const NO_VHOST = 2014;
const NO_STREAM = 2048;
const NO_CLIENT = 2049;
const METRICS_OFF = 1090;

const METHODS = new Set(['GET', 'HEAD', 'DELETE']);

/** SRS gives ten at least, whatever `count` says. */
const MIN_COUNT = 10;

const API_URLS = {
  versions: 'the version of SRS',
  summaries: 'the summary(pid, argv, pwd, cpu, mem) of SRS',
  rusages: 'the rusage of SRS',
  self_proc_stats: 'the self process stats',
  features: 'the supported features of SRS',
  vhosts: 'manage all vhosts or specified vhost',
  streams: 'manage all streams or specified stream',
  clients: 'manage all clients or specified client, default query top 10 clients',
};

const FEATURES = { ssl: false, hls: false, callback: true, api: true, httpd: true, dvr: false };

/** Answers without the envelope's ids are errors: `{"code":N}`. */
type Answer = View | number;

/** What the API needs beside the context. */
export interface ApiSources {
  readonly host: HostStats;
  /** Open sockets. */
  readonly connections: () => number;
}

/** SRS's HTTP API, of which each path answers what SRS answers, as far as mini-srs has it. */
export class Api {
  readonly #context: Context;
  readonly #sources: ApiSources;

  readonly #plain: Readonly<Record<string, () => View>> = {
    '/api/v1/versions': () => ({ data: views.versionView() }),
    '/api/v1/summaries': () => ({ data: this.summaries() }),
    '/api/v1/rusages': () => ({ data: views.rusagesView() }),
    '/api/v1/self_proc_stats': () => ({ data: views.selfProcView(this.#sources.host) }),
    '/api/v1/features': () => ({ data: { options: '', options2: '', features: FEATURES } }),
  };

  readonly #collections: Readonly<Record<string, (id: string, exchange: Exchange) => Answer>> = {
    vhosts: (id) => this.#vhosts(id),
    streams: (id, exchange) => this.#streams(id, exchange),
    clients: (id, exchange) => this.#clients(id, exchange),
  };

  constructor(context: Context, sources: ApiSources) {
    this.#context = context;
    this.#sources = sources;
  }

  /** `data` of the summaries, which the heartbeat sends as well. */
  summaries(): View {
    this.#context.clients.count();
    return views.summariesView(this.#context, this.#sources.host, this.#sources.connections());
  }

  /** Answers versions; the HTTP server has this one path, too. */
  versions(exchange: Exchange): void {
    this.#answer(exchange, { data: views.versionView() });
  }

  handle(exchange: Exchange): void {
    const { request } = exchange;
    if (request.method === 'OPTIONS') replyOptions(exchange);
    else if (METHODS.has(request.method ?? '')) this.#route(exchange);
    else replyText(exchange, 405, 'Method Not Allowed');
  }

  #route(exchange: Exchange): void {
    const { url } = exchange;
    const [, collection, slash, id = ''] =
      /^\/api\/v1\/([a-z]+)(\/?)(.*)$/.exec(url.pathname) ?? [];
    const list = this.#collections[collection ?? ''];
    if (url.pathname === '/metrics') this.#metrics(exchange);
    else if (list === undefined) this.#answer(exchange, this.#plainView(url.pathname));
    else if (slash === '') redirect(exchange, `${url.pathname}/${url.search}`);
    else {
      this.#context.clients.count();
      this.#answer(exchange, list(id, exchange));
    }
  }

  #metrics(exchange: Exchange): void {
    this.#context.clients.count();
    if (!this.#context.conf.metrics) this.#answer(exchange, METRICS_OFF);
    else replyText(exchange, 200, metricsText(this.#context, this.#sources.host));
  }

  #plainView(pathname: string): View {
    const view = this.#plain[pathname.replace(/\/$/, '')];
    return view === undefined ? catalogue(pathname) : view();
  }

  #answer(exchange: Exchange, answer: Answer): void {
    const { server, service, pid } = this.#context.identity;
    const envelope = { code: 0, server, service, pid: String(pid) };
    replyJson(exchange, typeof answer === 'number' ? { code: answer } : { ...envelope, ...answer });
  }

  #vhosts(id: string): Answer {
    const { sources } = this.#context;
    const all = sources.vhosts();
    if (id === '') return { vhosts: all.map((name) => views.vhostView(this.#context, name)) };
    const name = all.find((vhost) => sources.vhostId(vhost) === id);
    return name === undefined ? NO_VHOST : { vhost: views.vhostView(this.#context, name) };
  }

  #streams(id: string, exchange: Exchange): Answer {
    const { sources } = this.#context;
    if (id === '') {
      const page = paged(sources.list(), exchange);
      return { streams: page.map((source) => views.streamView(this.#context, source)) };
    }
    const source = sources.find(id);
    return source === undefined ? NO_STREAM : { stream: views.streamView(this.#context, source) };
  }

  #clients(id: string, exchange: Exchange): Answer {
    const { clients } = this.#context;
    if (id === '' && exchange.request.method !== 'DELETE') {
      const page = paged(clients.list(), exchange);
      return { clients: page.map((client) => views.clientView(this.#context, client)) };
    }
    const client = clients.find(id);
    if (client === undefined) return NO_CLIENT;
    if (exchange.request.method !== 'DELETE') {
      return { client: views.clientView(this.#context, client) };
    }
    this.#context.log.warn(client.id, 'delete client=kickoff');
    client.link.close();
    return {};
  }
}

function paged<T>(items: readonly T[], { url }: Exchange): T[] {
  const number = (name: string): number => Math.trunc(Number(url.searchParams.get(name))) || 0;
  const start = Math.max(0, number('start'));
  return items.slice(start, start + Math.max(MIN_COUNT, number('count')));
}

/** A path that nobody has falls to its nearest parent. */
function catalogue(pathname: string): View {
  if (pathname.startsWith('/api/v1')) return { urls: API_URLS };
  if (pathname.startsWith('/api')) return { urls: { v1: 'the api version 1.0' } };
  return { urls: { api: 'the api root' } };
}

function redirect(exchange: Exchange, location: string): void {
  replyText(exchange, 302, `Redirect to ${location}`, { Location: location });
}
