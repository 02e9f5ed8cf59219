import assert from 'node:assert/strict';
import { once } from 'node:events';
import { request } from 'node:http';
import { after, before, describe, it } from 'node:test';
import type { ConsoleAnswer } from '../../src/console/answer.js';
import { synthetic } from '../cpu/synthetic.js';
import { FakeBox } from '../helpers/fake-box.js';

const TOKEN = 'correct-horse-battery';
const AUTHORIZED = { authorization: `Bearer ${TOKEN}` };

describe('the console at the admin port', () => {
  let box: FakeBox;
  let port = 0;

  before(async () => {
    const topology = synthetic({ nodes: 1, coresPerL3: 4 });
    box = new FakeBox({ children: 3, streams: 5, topology, reserved: [0], token: TOKEN });
    port = Number(new URL(await box.start()).port);
  });
  after(() => box.close());

  async function ask(path: string, headers: Record<string, string> = {}) {
    const asked = request({ host: '127.0.0.1', port, path, headers, agent: false });
    asked.end();
    const [response] = await once(asked, 'response');
    const body = Buffer.concat(await response.toArray()).toString();
    return { status: response.statusCode, headers: response.headers, body };
  }
  async function answer(query: string): Promise<ConsoleAnswer> {
    const { status, body } = await ask(`/admin/v1/console?${query}`, AUTHORIZED);
    assert.equal(status, 200, body);
    return JSON.parse(body);
  }

  it('sends its files without a token, and nothing else', async () => {
    for (const path of ['/', '/?x=1', '/console/console.js', '/console/console.css']) {
      assert.equal((await ask(path)).status, 200, path);
    }
    for (const path of ['/admin/v1/console', '/admin/v1/children/c001/log', '/console/', '/x']) {
      assert.equal((await ask(path)).status, 401, path);
    }
  });

  it('allows no scripts and no looks but its own, and stands in no frame', async () => {
    const { headers, body } = await ask('/');
    const policy = String(headers['content-security-policy']);
    assert.match(policy, /^default-src 'none'; script-src 'self'; style-src 'self';/);
    assert.match(policy, /connect-src 'self'; frame-src http:\/\/127\.0\.0\.1:\* https:/);
    assert.match(policy, /form-action 'none'; frame-ancestors 'none'$/);
    assert.doesNotMatch(policy, /unsafe/);
    assert.equal(headers['x-content-type-options'], 'nosniff');
    assert.equal(headers['cross-origin-opener-policy'], 'same-origin');
    assert.doesNotMatch(body, /<style|\sstyle=|\son\w+=|<script(?![^>]*\ssrc=)|https?:/);
  });

  it('answers other names and other sites with nothing', async () => {
    for (const path of ['/', '/console/console.js', '/admin/v1/console']) {
      assert.equal((await ask(path, { ...AUTHORIZED, host: 'evil.example' })).status, 403, path);
      const origin = 'http://evil.example';
      assert.equal((await ask(path, { ...AUTHORIZED, origin })).status, 403, path);
    }
  });

  it('sends files packed, and only once', async () => {
    const { headers, body } = await ask('/console/console.js', { 'accept-encoding': 'gzip, br' });
    assert.equal(headers['content-encoding'], 'gzip');
    assert.ok(body.length < 60_000, `${body.length}`);
    const known = { 'if-none-match': String(headers.etag) };
    assert.equal((await ask('/console/console.js', known)).status, 304);
  });

  it('answers what is asked for, and no more', async () => {
    const plain = await answer('since=0');
    assert.deepEqual(Object.keys(plain).sort(), ['at', 'box', 'run', 'samples']);
    assert.equal(plain.samples.at.length, 720);
    assert.equal((await answer(`since=${plain.samples.last}`)).samples.at.length, 0);
    const full = await answer('shape=1&load=1&ports=1&list=children&openChild=c002');
    assert.equal(full.shape?.packages[0]?.nodes[0]?.caches[0]?.cores.length, 4);
    assert.deepEqual(
      full.load?.children.map(({ id }) => id),
      ['c001', 'c002', 'c003'],
    );
    assert.equal(full.load?.threads[0]?.on, 0);
    assert.equal(full.rows?.total, 3);
    assert.equal(full.child?.row.id, 'c002');
    assert.equal(full.child?.series.a.length, 180);
    assert.equal(full.ports?.[0]?.name, 'rtmp');
    assert.equal((await answer('openChild=c999')).child, null);
  });

  it('sends a window of a list', async () => {
    const { rows } = await answer('list=streams&sort=stream&reverse=1&offset=1&limit=2');
    assert.deepEqual(
      rows?.streams?.map(({ stream }) => stream.slice(-1)),
      ['3', '2'],
    );
    assert.deepEqual([rows?.total, rows?.offset], [5, 1]);
    const clients = await answer('list=clients&stream=__defaultVhost__/live/s00002&sort=id');
    assert.ok(clients.rows?.clients?.every(({ stream }) => stream.endsWith('s00002')));
    const open = await answer('openStream=__defaultVhost__/live/s00002');
    const viewers = Object.values(open.stream?.row.viewers ?? {}).reduce((a, b) => a + b, 0);
    assert.equal(viewers + 1, open.stream?.row.clients);
    assert.equal((await answer('openStream=v/a/nobody')).stream, null);
  });

  it('refuses what it does not understand, by the name of the key', async () => {
    for (const [query, words] of [
      ['list=nothing', /^{"error":"list: must be children, streams or clients, got/],
      ['limit=100000', /limit: must be a whole number 0-200/],
      ['since=-1', /since: must be/],
      ['filter=a&filter=b', /filter: must be a text of at most 1024 characters, once/],
      [`filter=${'x'.repeat(2000)}`, /filter: must be a text/],
    ] as const) {
      const { status, body } = await ask(`/admin/v1/console?${query}`, AUTHORIZED);
      assert.equal(status, 400, query);
      assert.match(body, words);
    }
  });

  it('shows the log of a child', async () => {
    const { body } = await ask('/admin/v1/children/c001/log', AUTHORIZED);
    assert.deepEqual(JSON.parse(body), { child: 'c001', lines: ['log of c001'] });
    for (const id of ['..%2F..%2Fetc', 'o001', 'c1']) {
      assert.equal((await ask(`/admin/v1/children/${id}/log`, AUTHORIZED)).status, 404, id);
    }
  });
});
