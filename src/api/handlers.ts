import { type Asked, pageOf } from './asked.js';
import { originOf } from './clusters.js';
import type { Json } from './json.js';
import type { MergedState } from './merged-state.js';
import type { Passed } from './passed.js';
import type { Raw } from './raw.js';
import { type ApiAnswer, code, data, METHOD_NOT_ALLOWED, text } from './reply.js';
import type { ApiSource } from './types.js';

/** SRS's error codes. */
const NO_VHOST = 2014;
const NO_STREAM = 2048;
const NO_CLIENT = 2049;
const METRICS_OFF = 1090;
const TEST_ERROR = 100;

/**
 * Reports whether a request changes state: a kick, or a reload of children. `pattern`: the matched
 * path.
 */
export function isChange(pattern: string, { method, query }: Asked): boolean {
  if (pattern === '/api/v1/clients/') return method === 'DELETE';
  return pattern === '/api/v1/raw' && !READING.has(query.get('rpc') ?? '');
}

/** Reading calls of SRS's raw API; unknown ones count as changes. */
const READING = new Set(['', 'raw', 'query', 'reload-fetch']);

/** Sources of the answers. */
export interface ApiParts {
  readonly source: ApiSource;
  readonly box: MergedState;
  readonly passed: Passed;
  readonly raw: Raw;
}

/** Handles a request; `rest`: the path behind the pattern. */
export type Handler = (asked: Asked, rest: string) => ApiAnswer | Promise<ApiAnswer>;

/** All paths of SRS's API by pattern (SRS 7.0.18), and our own `origins`. */
export function handlersOf(parts: ApiParts): ReadonlyMap<string, Handler> {
  const { box, passed, raw, source } = parts;
  const pass = (path: string) => async () => data(await passed.get(path));
  const metricsOff = () => code(METRICS_OFF);
  const figures = (answer: () => ApiAnswer | Promise<ApiAnswer>) => async () => {
    await box.figures();
    return answer();
  };
  return new Map<string, Handler>([
    ['/', pass('/')],
    ['/api/', pass('/api/')],
    ['/api/v1/', async () => data(withOrigins(await passed.get('/api/v1/')))],
    ['/api/v1/versions', () => data({ data: versionOf(source.identity.version) })],
    ['/api/v1/summaries', figures(() => data({ data: box.summaries() }))],
    ['/api/v1/rusages', figures(() => data({ data: box.rusages() }))],
    ['/api/v1/self_proc_stats', figures(() => data({ data: box.self() }))],
    ['/api/v1/system_proc_stats', pass('/api/v1/system_proc_stats')],
    ['/api/v1/meminfos', pass('/api/v1/meminfos')],
    ['/api/v1/authors', pass('/api/v1/authors')],
    ['/api/v1/features', pass('/api/v1/features')],
    ['/api/v1/vhosts/', (asked, id) => vhosts(parts, asked, id)],
    ['/api/v1/streams/', (asked, id) => streams(parts, asked, id)],
    ['/api/v1/clients/', (asked, id) => clients(parts, asked, id)],
    ['/api/v1/raw', ({ query }) => raw.answer(query.get('rpc') ?? '')],
    ['/api/v1/clusters', (asked) => clusters(parts, asked)],
    ['/api/v1/origins', figures(async () => data(await box.origins()))],
    ['/api/v1/tests/requests', (asked) => data({ data: echo(asked, source) })],
    ['/api/v1/tests/errors', () => code(TEST_ERROR)],
    ['/api/v1/tests/redirects', redirectToErrors],
    ['/console', () => ({ kind: 'redirect', status: 302, to: '/console/' })],
    // SRS's console is a download of its own; `files/routes.ts` serves it where it is there.
    ['/console/', () => text(404, 'Not Found')],
    ['/metrics', source.rules.metrics ? figures(() => text(200, box.metrics())) : metricsOff],
  ]);
}

/** `data` of versions. */
export function versionOf(version: string): Json {
  const [major = 0, minor = 0, revision = 0] = version.split('.').map(Number);
  return { major, minor, revision, version };
}

async function vhosts({ box }: ApiParts, { method }: Asked, id: string): Promise<ApiAnswer> {
  await box.current();
  const vhost = id === '' ? null : box.vhost(id);
  if (id !== '' && vhost === null) return code(NO_VHOST);
  if (method !== 'GET') return METHOD_NOT_ALLOWED;
  return data(vhost === null ? { vhosts: box.vhosts() } : { vhost });
}

async function streams({ box }: ApiParts, asked: Asked, id: string): Promise<ApiAnswer> {
  const stream = id === '' ? null : await box.stream(id);
  if (id !== '' && stream === null) return code(NO_STREAM);
  if (asked.method !== 'GET') return METHOD_NOT_ALLOWED;
  await box.current();
  return data(stream === null ? { streams: box.streams(pageOf(asked)) } : { stream });
}

async function clients({ box }: ApiParts, asked: Asked, id: string): Promise<ApiAnswer> {
  if (asked.method === 'DELETE') {
    const answer = await box.kick(id);
    return answer === 0 ? data({}) : code(answer ?? NO_CLIENT);
  }
  const client = id === '' ? null : await box.client(id);
  if (id !== '' && client === null) return code(NO_CLIENT);
  if (asked.method !== 'GET') return METHOD_NOT_ALLOWED;
  await box.current();
  return data(client === null ? { clients: box.clients(pageOf(asked)) } : { client });
}

async function clusters({ source }: ApiParts, asked: Asked): Promise<ApiAnswer> {
  const word = (name: string) => asked.query.get(name) ?? '';
  const [ip, vhost, app, stream] = [word('ip'), word('vhost'), word('app'), word('stream')];
  const name = { vhost, app, stream };
  const host = word('coworker').replace(/:\d+$/, '') || asked.host;
  const origin = await originOf(source, name, host);
  return { kind: 'bare', body: { code: 0, data: { query: { ip, ...name }, origin } } };
}

/** Returns the request, as SRS does; SRS omits the client's headers. */
function echo({ path, method, host }: Asked, { identity }: ApiSource): Json {
  const link = 'https://github.com/ossrs/srs';
  const headers = { sigature: 'SRS', version: identity.version, link, time: Date.now() };
  return { uri: `http://${host}${path}`, path, METHOD: method, headers };
}

function redirectToErrors({ search }: Asked): ApiAnswer {
  return { kind: 'redirect', status: 301, to: `/api/v1/tests/errors${search}` };
}

function withOrigins(catalogue: Json): Json {
  const urls = typeof catalogue.urls === 'object' ? catalogue.urls : {};
  return { ...catalogue, urls: { ...urls, origins: 'children, and which stream is on which' } };
}
