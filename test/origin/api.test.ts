import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { until } from '../helpers/until.js';
import { type Program, publish, REAL_SRS, TestOrigin } from './helpers.js';
import { RtmpClient } from './rtmp-client.js';

/** The shape of a JSON value: key paths with the type at their end, array elements as one. */
function shape(value: unknown, path = ''): string[] {
  if (Array.isArray(value)) return value.flatMap((item) => shape(item, `${path}[]`));
  if (typeof value !== 'object' || value === null) return [`${path}: ${typeof value}`];
  return Object.entries(value).flatMap(([key, item]) => shape(item, `${path}.${key}`));
}

const PATHS = [
  'versions',
  'summaries',
  'rusages',
  'self_proc_stats',
  'vhosts/',
  'streams/',
  'clients/',
  'streams/none',
  'clients/none',
  'vhosts/none',
] as const;

async function withMedia(options: { binary?: string }): Promise<{
  origin: TestOrigin;
  encoder: Program;
  player: RtmpClient;
}> {
  const origin = await TestOrigin.start(options);
  const encoder = publish(`${origin.tcUrl}/s`);
  await until('media', async () => (await origin.streams())[0]?.audio);
  const player = await RtmpClient.open(origin.rtmp);
  player.play(origin.tcUrl, 's');
  await until('two clients', async () => (await origin.clients()).length === 2);
  return { origin, encoder, player };
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

  it('has the keys and types of the real SRS', { skip: REAL_SRS === null }, async () => {
    const real = await withMedia({ binary: REAL_SRS ?? '' });
    try {
      for (const path of PATHS) {
        const expected = [...new Set(shape(await real.origin.get(path)))];
        const actual = [...new Set(shape(await mini.origin.get(path)))];
        assert.deepEqual(actual, expected, path);
      }
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
    assert.equal(await ask(mini.origin.api), '{"code":1090}');
    const top = 'exporter { enabled on; listen 9972; }';
    const counting = await TestOrigin.start({ top });
    try {
      const text = await ask(counting.api);
      assert.match(text, /^srs_build_info\{server="vid-\w{7}".*pid="\d+".*\} 1$/m);
      assert.match(text, /^srs_clients_total 0$/m);
    } finally {
      await counting.close();
    }
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
