import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { until } from '../helpers/until.js';
import { freePorts, type Program, publish, REAL_SRS, TestOrigin } from './helpers.js';
import { RtmpClient } from './rtmp-client.js';

/** The shape of a JSON value: key paths with the type at their end, array elements as one. */
function shape(value: unknown, path = ''): string[] {
  if (Array.isArray(value)) return value.flatMap((item) => shape(item, `${path}[]`));
  if (typeof value !== 'object' || value === null) return [`${path}: ${typeof value}`];
  return Object.entries(value).flatMap(([key, item]) => shape(item, `${path}.${key}`));
}

/** Requests to both, beside those by id. */
const REQUESTS = [
  ...['', 'versions', 'summaries', 'rusages', 'self_proc_stats', 'system_proc_stats', 'meminfos'],
  ...['authors', 'features', 'vhosts/', 'streams/', 'clients/', 'streams/none', 'clients/none'],
  ...['vhosts/none', 'raw', 'raw?rpc=raw', 'raw?rpc=reload-fetch', 'raw?rpc=query', 'perf'],
  ...['clusters?vhost=__defaultVhost__&ip=1.2.3.4&app=live&stream=s&coworker=10.0.0.1:1985'],
  ...['clusters?app=live&stream=s', 'clusters?app=live&stream=none', 'clusters/', 'versions/'],
  ...['tests/requests?a=1', 'tests/errors', 'tests/redirects', 'tests', 'requests', 'streams'],
  ...['clients?count=3', 'versions?callback=f', 'streams/?callback=f', 'streams/?start=7'],
].map((path) => ['GET', `/api/v1/${path}`] as const);
const MORE = [
  ['GET', '/'],
  ['GET', '/nope'],
  ['GET', '/api'],
  ['GET', '/api/'],
  ['GET', '/api/nope'],
  ['GET', '/api/v1'],
  ['GET', '/metrics/'],
  ['POST', '/'],
  ['POST', '/api/v1/versions'],
  ['POST', '/api/v1/tests/errors'],
  ['POST', '/api/v1/streams/'],
  ['PUT', '/api/v1/clients/'],
  ['DELETE', '/api/v1/streams/'],
  ['DELETE', '/api/v1/versions'],
  ['DELETE', '/api/v1/clients/'],
  ['DELETE', '/api/v1/clients/none'],
  ['HEAD', '/api/v1/streams/'],
  ['OPTIONS', '/api/v1/streams/'],
] as const;

/** Status, type, target and shape of each answer of an origin. */
async function answers(origin: TestOrigin): Promise<Record<string, unknown>> {
  const seen: Record<string, unknown> = {};
  for (const [method, path] of [...REQUESTS, ...MORE]) {
    const url = `http://127.0.0.1:${origin.api}${path}`;
    const answer = await fetch(url, { method, redirect: 'manual' });
    const text = await answer.text();
    const isJson = answer.headers.get('content-type') === 'application/json';
    const body = isJson ? [...new Set(shape(JSON.parse(text)))] : text.replace(/[{].*[}]/, '{}');
    const heads = ['content-type', 'location'].map((name) => answer.headers.get(name));
    seen[`${method} ${path}`] = [answer.status, ...heads, body];
  }
  return seen;
}

/** The names, kinds and labels of an origin's metrics. */
async function metrics(origin: TestOrigin): Promise<string[]> {
  const answer = await fetch(`http://127.0.0.1:${origin.api}/metrics`);
  const lines = (await answer.text()).split('\n').filter((line) => !line.startsWith('# HELP'));
  return lines.map((line) => line.replace(/"[^"]*"/g, '""').replace(/ [\d.e+-]+$/, ''));
}

async function withMedia(options: { binary?: string }): Promise<{
  origin: TestOrigin;
  encoder: Program;
  player: RtmpClient;
  exporter: number;
}> {
  const [exporter = 0] = await freePorts(1);
  const origin = await TestOrigin.start({
    ...options,
    top: `exporter { enabled on; listen 127.0.0.1:${exporter}; label l; tag t; }`,
    api: 'raw_api { enabled on; allow_reload on; }',
  });
  const encoder = publish(`${origin.tcUrl}/s`);
  await until('media', async () => (await origin.streams())[0]?.audio);
  const player = await RtmpClient.open(origin.rtmp);
  player.play(origin.tcUrl, 's');
  await until('two clients', async () => (await origin.clients()).length === 2);
  return { origin, encoder, player, exporter };
}

describe('the API of mini-srs', { timeout: 120_000 }, () => {
  let mini: Awaited<ReturnType<typeof withMedia>>;
  before(async () => {
    mini = await withMedia({});
  });
  after(async () => {
    await mini.encoder.stop('SIGKILL');
    await mini.origin.close();
  });

  it('has the keys and types of the real SRS', {
    skip: REAL_SRS === null && 'the real SRS is not here',
  }, async () => {
    const real = await withMedia({ binary: REAL_SRS ?? '' });
    try {
      const [expected, actual] = [await answers(real.origin), await answers(mini.origin)];
      for (const [request, answer] of Object.entries(expected)) {
        assert.deepEqual(actual[request], answer, request);
      }
      assert.deepEqual(await metrics(mini.origin), await metrics(real.origin));
    } finally {
      real.player.close();
      await real.encoder.stop('SIGKILL');
      await real.origin.close();
    }
  });

  it('says who answers', async () => {
    const { code, pid, server } = await mini.origin.get('versions');
    assert.equal(code, 0);
    assert.equal(pid, String(mini.origin.program.child.pid));
    assert.match(String(server), /^vid-\w{7}$/);
  });

  it('finds by id, and pages by ten at least', async () => {
    const [stream] = await mini.origin.streams();
    const one = await mini.origin.get(`streams/${stream?.id}`);
    assert.equal((one.stream as Record<string, unknown>).url, '/live/s');
    const page = await mini.origin.get('clients/?start=1&count=1');
    assert.equal((page.clients as unknown[]).length, 1);
    const [vhost] = (await mini.origin.get('vhosts/')).vhosts as Record<string, unknown>[];
    assert.equal(stream?.vhost, vhost?.id);
    assert.equal(vhost?.clients, 2);
  });

  it('leads to the path with a slash, and from an unknown path to its parent', async () => {
    const base = `http://127.0.0.1:${mini.origin.api}`;
    const moved = await fetch(`${base}/api/v1/streams?count=5`, { redirect: 'manual' });
    assert.equal(moved.status, 302);
    assert.equal(moved.headers.get('location'), '/api/v1/streams/?count=5');
    const nope = (await (await fetch(`${base}/nope`)).json()) as Record<string, unknown>;
    assert.equal(nope.code, 0);
    assert.ok('urls' in nope);
    const posted = await fetch(`${base}/api/v1/streams/`, { method: 'POST' });
    assert.equal(posted.status, 405);
  });

  it('has metrics where the exporter is on', async () => {
    const ask = async (port: number) => (await fetch(`http://127.0.0.1:${port}/metrics`)).text();
    for (const port of [mini.origin.api, mini.exporter]) {
      const text = await ask(port);
      assert.match(text, /^srs_build_info\{server="vid-\w{7}".*pid="\d+".*\} 1$/m);
      assert.match(text, /^srs_clients_total 2$/m);
    }
    const without = await TestOrigin.start();
    assert.equal(await ask(without.api), '{"code":1090}');
    await without.close();
  });

  it('takes a reload that is allowed, and says that there was none', async () => {
    const { data: before } = await mini.origin.get('raw?rpc=reload-fetch');
    const { rid, ...rest } = before as Record<string, unknown>;
    assert.deepEqual(rest, { err: 0, msg: 'Success', state: 0 });
    assert.match(String(rid), /^\w{7}$/);
    assert.deepEqual(await mini.origin.get('raw?rpc=reload'), { code: 0 });
    const { data } = await mini.origin.get('raw?rpc=reload-fetch');
    assert.equal((data as Record<string, unknown>).msg, 'mini-srs does not reload');
  });

  it('adds CORS headers only for an origin', async () => {
    const url = `http://127.0.0.1:${mini.origin.api}/api/v1/versions`;
    const asked = await fetch(url, { method: 'OPTIONS', headers: { Origin: 'http://a' } });
    assert.equal(asked.headers.get('access-control-allow-origin'), '*');
    assert.equal(asked.headers.get('content-length'), '0');
    const plain = await fetch(url);
    assert.equal(plain.headers.get('access-control-allow-origin'), null);
  });
});
