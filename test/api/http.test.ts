import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { PACE } from '../../src/api/pace.js';
import { origins } from '../helpers/origins.js';
import { BOUNDED, until } from '../helpers/until.js';
import { RtmpClient } from '../origin/rtmp-client.js';
import { CountingHop, QUICK, type Row, TestBox } from './rig.js';

const [mini = { name: 'mini-srs', path: '' } as const] = origins();

describe('the merged API as HTTP', BOUNDED, () => {
  let box: TestBox;
  before(async () => {
    box = await TestBox.start({ origin: mini, children: 1 });
  });
  after(() => box.close());

  const get = (path: string, init: RequestInit = {}) =>
    fetch(box.url + path, { redirect: 'manual', ...init });

  it('leads to the path with a slash', async () => {
    for (const path of ['/api', '/api/v1', '/api/v1/streams', '/api/v1/clients']) {
      const { status, headers } = await get(`${path}?start=1`);
      assert.deepEqual([status, headers.get('location')], [302, `${path}/?start=1`]);
    }
  });

  it('has SRS’s error codes, with status 200', async () => {
    const codes = {
      '/api/v1/vhosts/none': 2014,
      '/api/v1/streams/none': 2048,
      '/api/v1/clients/none': 2049,
      '/api/v1/raw': 1061,
      '/api/v1/raw?rpc=reload': 1061,
      '/api/v1/tests/errors': 100,
    };
    for (const [path, code] of Object.entries(codes)) {
      const answer = await get(path);
      assert.deepEqual([answer.status, await answer.json()], [200, { code }], path);
    }
    const kicked = await get('/api/v1/clients/none', { method: 'DELETE' });
    assert.deepEqual(await kicked.json(), { code: 2049 });
  });

  it('takes the methods that SRS takes', async () => {
    const posted = await get('/api/v1/streams/', { method: 'POST', body: '<x>' });
    assert.equal(posted.status, 405);
    const version = await get('/api/v1/versions', { method: 'POST', body: '{' });
    assert.equal(version.status, 200);
    const head = await get('/api/v1/versions', { method: 'HEAD' });
    assert.equal(head.headers.get('content-type'), 'application/json');
    assert.equal(await head.text(), '');
  });

  it('wraps an answer in the function that is named, and in nothing that is none', async () => {
    const answer = await get('/api/v1/versions?callback=a.b');
    assert.equal(answer.headers.get('content-type'), 'text/javascript');
    assert.match(await answer.text(), /^a\.b\(\{"code":0,.*\}\)$/);
    assert.equal((await get('/api/v1/versions?callback=a(b')).status, 400);
    assert.equal((await get('/api/v1/versions?x=../y')).status, 400);
  });

  it('lets pages of other sites read it, when they say who they are', async () => {
    const headers = { origin: 'http://a.example' };
    const asked = await get('/api/v1/clients/', { method: 'OPTIONS', headers });
    assert.deepEqual([asked.status, asked.headers.get('content-length')], [200, '0']);
    assert.equal(asked.headers.get('access-control-allow-origin'), '*');
    assert.equal((await get('/api/')).headers.get('access-control-allow-origin'), null);
  });

  it('lets them change nothing, by whichever way', async () => {
    const headers = { origin: 'http://evil.example' };
    const script = { 'sec-fetch-site': 'cross-site' };
    const ways: [string, RequestInit][] = [
      ['/api/v1/clients/x', { method: 'DELETE', headers }],
      ['/api/v1/clients/x?callback=f&method=DELETE', { headers }],
      ['/api/v1/clients/x?callback=f&method=DELETE', { headers: script }],
      ['/api/v1/clients/x?scope=cluster', { method: 'DELETE', headers }],
      ['/api/v1/raw?rpc=reload', { headers: script }],
      ['/api/v1/raw?rpc=update', { headers }],
    ];
    for (const [path, init] of ways) {
      const refused = await get(path, init);
      const { code, error } = (await refused.json()) as Row;
      assert.deepEqual([refused.status, code], [403, 403], path);
      assert.match(String(error), /another site/);
    }
    const asks = { ...headers, 'access-control-request-method': 'DELETE' };
    const preflight = await get('/api/v1/clients/x', { method: 'OPTIONS', headers: asks });
    assert.equal(preflight.status, 403);
    assert.equal(preflight.headers.get('access-control-allow-methods'), null);
    const read = await get('/api/v1/raw?rpc=reload-fetch', { headers });
    assert.equal(read.status, 200);
  });

  it('redirects the test of redirects', async () => {
    const { status, headers } = await get('/api/v1/tests/redirects?a=b');
    assert.deepEqual([status, headers.get('location')], [301, '/api/v1/tests/errors?a=b']);
  });
});

describe('what a template says of the API', BOUNDED, () => {
  for (const origin of origins()) {
    it(`asks for the password, and has one for the children (${origin.name})`, async () => {
      const auth = 'auth { enabled on; username ann; password secret; }';
      const raw = 'raw_api { enabled on; allow_reload on; }';
      const template = `http_api { ${auth} ${raw} } http_server { crossdomain off; } exporter { enabled off; }`;
      const box = await TestBox.start({ origin, children: 1, template });
      const as = (pair: string) => ({
        headers: { authorization: `Basic ${Buffer.from(pair).toString('base64')}` },
      });
      try {
        for (const init of [{}, as('ann:wrong'), as('bob:secret'), as('')]) {
          const refused = await fetch(`${box.url}/api/v1/streams/`, init);
          assert.deepEqual([refused.status, await refused.text()], [401, '']);
          assert.equal(refused.headers.get('www-authenticate'), 'Basic');
        }
        const good = as('ann:secret');
        await until('a child is known', async () => {
          const { origins: rows } = await box.ask('/api/v1/origins', good);
          return Number((rows as Row[])[0]?.mem_kbyte) > 0;
        });
        assert.equal((await fetch(`${box.url}/`)).status, 200);
        assert.deepEqual(await box.ask('/metrics'), { code: 1090 });
        const preflight = await fetch(`${box.url}/api/`, { method: 'OPTIONS' });
        assert.equal(preflight.status, 405);
        assert.equal((await box.ask('/api/v1/raw?rpc=query', good)).code, 1060);
        assert.equal((await box.ask('/api/v1/raw?rpc=reload', good)).code, 0);
        await until('reloaded', async () => {
          const { data } = await box.ask('/api/v1/raw?rpc=reload-fetch', good);
          return (data as Row).state === 90;
        });
      } finally {
        await box.close();
      }
    });
  }
});

describe('what the API costs children', BOUNDED, () => {
  it('is the same however many ask', async () => {
    const hop = new CountingHop(() => box.child('c001').ports.api);
    const port = await hop.start();
    // Rounds so rare that none but the first comes by itself.
    const pace = { ...PACE, everyMs: 600_000, firstMs: 0, freshMs: 0 };
    const box = await TestBox.start({ origin: mini, children: 1, pace, through: () => port });
    const client = await RtmpClient.open(box.child('c001').ports.rtmp);
    client.play('rtmp://127.0.0.1/live', 'a');
    try {
      await until('the first round', async () => (await box.rows('vhosts')).length > 0);
      const round = hop.connections;
      const paths = ['streams/', 'clients/', 'vhosts/', 'summaries', 'rusages', 'self_proc_stats'];
      const many = Array.from({ length: 50 }, (_, i) => `/api/v1/${paths[i % paths.length]}`);
      await Promise.all(many.map((path) => box.ask(path)));
      assert.equal(hop.connections, round, 'lists come from what is known');
      await Promise.all(Array.from({ length: 50 }, () => box.ask('/api/v1/meminfos')));
      assert.equal(hop.connections, round + 1, 'one asks for all');
      const before = hop.connections;
      box.api.noteClient({ child: 'c001', id: 'whoever' });
      await Promise.all(Array.from({ length: 50 }, () => box.ask('/api/v1/clients/whoever')));
      assert.ok(hop.connections - before <= round, 'one round, for all who look for its clients');
      assert.ok(hop.peak <= 4, `${hop.peak} connections at one time`);
    } finally {
      client.close();
      await box.close();
      await hop.close();
    }
  });

  it('is a round now and then while somebody asks', async () => {
    const hop = new CountingHop(() => box.child('c001').ports.api);
    const port = await hop.start();
    const pace = { ...QUICK, everyMs: 50, idleMs: 50, watchMs: 60_000 };
    const box = await TestBox.start({ origin: mini, children: 1, pace, through: () => port });
    try {
      assert.equal(hop.connections, 0, 'nobody has asked');
      await box.rows('streams');
      await until('several rounds', () => hop.connections > 3);
    } finally {
      await box.close();
      await hop.close();
    }
  });
});
