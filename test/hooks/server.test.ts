import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import type { HookBody } from '../../src/hooks/body.js';
import { Publishers } from '../../src/hooks/publishers.js';
import { HookRelay } from '../../src/hooks/relay.js';
import { HookServer } from '../../src/hooks/server.js';
import { type ActionUrls, UserUrls } from '../../src/hooks/user-urls.js';
import { streamId } from '../../src/public-ids.js';
import { freePort } from '../helpers/ports.js';
import { until } from '../helpers/until.js';
import { ANSWERS } from './answers.js';
import { hangs, says, UserHooks } from './hook-server.js';

const BODY = {
  server_id: 'c001',
  service_id: 'abc',
  client_id: 'client-1',
  ip: '127.1.0.1',
  vhost: '__defaultVhost__',
  app: 'live',
  tcUrl: 'rtmp://h/live',
  stream: 's',
  param: '',
  stream_url: '/live/s',
  stream_id: 'vid-1',
};

interface Box {
  readonly relay: HookRelay;
  readonly server: HookServer;
  /** `stream child` of what is published. */
  readonly published: Set<string>;
  /** Streams whose waiting players were woken. */
  readonly announced: string[];
  /** Streams whose source was kept, and the end of that. */
  readonly kept: string[];
  call(action: string, fields?: Partial<HookBody>, child?: string): Promise<Response>;
  /** Resolves with whether the child would let the client in. */
  lets(action: string, fields?: Partial<HookBody>, child?: string): Promise<boolean>;
}

async function openBox(t: TestContext, urls: ActionUrls, timeoutMs = 60_000): Promise<Box> {
  const published = new Set<string>();
  const announced: string[] = [];
  const kept: string[] = [];
  const claims = {
    published: async (stream: string, { id }: { id: string }) => {
      if ([...published].some((one) => one.startsWith(`${stream} `) && !one.endsWith(id))) {
        return false;
      }
      published.add(`${stream} ${id}`);
      return true;
    },
    announce: (stream: string) => void announced.push(stream),
    unpublished: (stream: string, { id }: { id: string }) =>
      void published.delete(`${stream} ${id}`),
  };
  const relay = new HookRelay({
    urls: new UserUrls([], urls),
    publishers: new Publishers({ claims, isLive: async () => false }),
    vhosts: () => ['__defaultVhost__'],
    serverId: 'vid-box',
    clientOf: async (alias) => (alias === '127.1.0.1' ? '203.0.113.5' : null),
    keep: async ({ stream }) => {
      kept.push(`keep ${stream}`);
      return () => void kept.push(`leave ${stream}`);
    },
    ownAddress: '127.0.0.9',
    timeoutMs: () => timeoutMs,
  });
  const owner = (id: string) => (/^c00[12]$/.test(id) ? { id, generation: 1 } : null);
  const server = new HookServer({ relay, owner });
  await server.start();
  t.after(() => server.close());
  const call: Box['call'] = (action, fields = {}, child = 'c001') =>
    fetch(server.urlFor(child), {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'user-agent': 'SRS/7' },
      body: JSON.stringify({ ...BODY, action, ...fields }),
    });
  const lets: Box['lets'] = async (...args) => {
    const response = await call(...args);
    const text = await response.text();
    return [200, 201].includes(response.status) && (text === '0' || JSON.parse(text)?.code === 0);
  };
  return { relay, server, published, announced, kept, call, lets };
}

async function openUser(t: TestContext): Promise<UserHooks> {
  const user = await UserHooks.start();
  t.after(() => user.close());
  return user;
}

test('where no user wants to know, the answer is 0', async (t) => {
  const { call } = await openBox(t, {});
  const response = await call('on_play');
  assert.deepEqual([response.status, await response.text()], [200, '0']);
});

test('the user gets the call with the truth in it', async (t) => {
  const user = await openUser(t);
  const { lets, relay } = await openBox(t, { on_play: [`${user.url}/a?b=c`, `${user.url}/d`] });
  assert.ok(await lets('on_play'));
  const expected = {
    ...BODY,
    action: 'on_play',
    server_id: 'vid-box',
    ip: '203.0.113.5',
    stream_id: streamId(BODY.stream_url),
    child: 'c001',
  };
  assert.deepEqual(
    user.calls.map(({ body }) => body),
    [expected, expected],
  );
  assert.deepEqual(
    user.calls.map(({ url }) => url),
    ['/a?b=c', '/d'],
  );
  const { 'content-type': type, 'user-agent': agent } = user.calls[0]?.headers ?? {};
  assert.deepEqual([type, agent], ['application/json', 'SRS/7']);
  assert.equal(relay.tallies.read().on_play?.calls, 1);
  assert.ok(await lets('on_play', { ip: '198.51.100.7' }));
  assert.equal(user.calls.at(-1)?.body.ip, '198.51.100.7');
  assert.equal(user.connections, 2, 'a connection a URL, kept');
});

test('verdicts are those of SRS', async (t) => {
  const user = await openUser(t);
  const { lets, relay } = await openBox(t, { on_connect: [user.url] });
  for (const { status, body, verdict } of ANSWERS) {
    user.replies.set('on_connect', says(status, body));
    assert.equal(await lets('on_connect'), verdict === 'ok', `${status} ${body}`);
  }
  const count = (verdict: string) => ANSWERS.filter((one) => one.verdict === verdict).length;
  const { calls, refused, failed } = relay.tallies.read().on_connect ?? {};
  const counted = [ANSWERS.length, count('refused'), count('failed')];
  assert.deepEqual([calls, refused, failed], counted);
});

test('the first that refuses is the last that is asked', async (t) => {
  const user = await openUser(t);
  const { lets } = await openBox(t, { on_play: [`${user.url}/1`, `${user.url}/2`] });
  user.replies.set('on_play', says(200, '7'));
  assert.equal(await lets('on_play'), false);
  assert.deepEqual(
    user.calls.map(({ url }) => url),
    ['/1'],
  );
});

test('a notice goes to all URLs, whatever they say', async (t) => {
  const user = await openUser(t);
  const { lets } = await openBox(t, { on_close: [`${user.url}/1`, `${user.url}/2`] });
  user.replies.set('on_close', says(500, ''));
  assert.ok(await lets('on_close'));
  await until('both', () => user.calls.length === 2);
});

test('a server that is away, or hangs, refuses', async (t) => {
  const user = await openUser(t);
  user.replies.set('on_play', hangs);
  const away = `http://127.0.0.1:${await freePort()}/`;
  const urls = { on_connect: [away], on_play: [user.url], on_close: ['no URL', away] };
  const { lets, relay } = await openBox(t, urls, 300);
  assert.equal(await lets('on_connect'), false);
  assert.equal(await lets('on_play'), false);
  const { on_connect: connect, on_play: play } = relay.tallies.read();
  assert.deepEqual([connect?.failed, play?.failed], [1, 1]);
  assert.ok(await lets('on_close'));
  await until('the notice has failed', () => relay.tallies.read().on_close?.failed === 1);
});

test('who waits for a server that hangs, waits alone', async (t) => {
  const user = await openUser(t);
  user.replies.set('on_play', (response, { body }) => {
    if (body.client_id !== 'slow') response.end('0');
  });
  user.replies.set('on_stop', hangs);
  const box = await openBox(t, { on_play: [user.url], on_stop: [user.url] });
  const hanging = box.lets('on_play', { client_id: 'slow' }).catch(() => false);
  await until('it hangs', () => user.calls.length === 1);
  assert.ok(await box.lets('on_stop'), 'a notice is answered at once');
  assert.ok(await box.lets('on_play', { client_id: 'other' }));
  box.relay.close();
  assert.equal(await hanging, false);
});

test('a user hears of one client in the order of events', async (t) => {
  const user = await openUser(t);
  const releases: (() => void)[] = [];
  user.replies.set('on_unpublish', (response) => {
    releases.push(() => response.end('0'));
  });
  const url = [user.url];
  const box = await openBox(t, { on_publish: url, on_unpublish: url, on_close: url });
  assert.ok(await box.lets('on_publish'));
  assert.ok(await box.lets('on_unpublish'));
  assert.equal(box.published.size, 0, 'the registry knows at once');
  assert.ok(await box.lets('on_close'));
  const again = box.lets('on_publish');
  await until('the first notice', () => releases.length === 1);
  assert.deepEqual(
    user.calls.map(({ body }) => body.action),
    ['on_publish', 'on_unpublish'],
  );
  releases[0]?.();
  assert.ok(await again);
  const actions = user.calls.map(({ body }) => body.action);
  assert.deepEqual(actions, ['on_publish', 'on_unpublish', 'on_close', 'on_publish']);
});

test('a stream is claimed before the user is asked, and given back when he refuses', async (t) => {
  const user = await openUser(t);
  const { lets, published, announced } = await openBox(t, { on_publish: [user.url] });
  const seen: string[] = [];
  user.replies.set('on_publish', (response) => {
    seen.push(...published);
    response.end('1');
  });
  assert.equal(await lets('on_publish'), false);
  assert.deepEqual(announced, []);
  assert.deepEqual(seen, ['__defaultVhost__/live/s c001']);
  assert.equal(published.size, 0);
});

test('past our ports a stream’s source is kept from before the user is asked', async (t) => {
  const user = await openUser(t);
  const { lets, kept } = await openBox(t, { on_publish: [user.url] });
  user.replies.set('on_publish', (response) => {
    kept.push('asked');
    response.end(kept.length > 2 ? '1' : '0');
  });
  const [keep, leave] = ['keep', 'leave'].map((what) => `${what} __defaultVhost__/live/s`);
  const past = { ip: '127.0.0.1', client_id: 'past' };
  assert.equal(await lets('on_publish', past), true);
  assert.deepEqual(kept, [keep, 'asked']);
  await lets('on_unpublish', past);
  assert.deepEqual(kept, [keep, 'asked', leave]);
  assert.equal(await lets('on_publish', past), false);
  assert.deepEqual(kept.slice(3), [keep, 'asked', leave]);
  await lets('on_publish');
  assert.deepEqual(kept.slice(6), ['asked']);
});

test('a stream of another child is refused, and the user is not asked', async (t) => {
  const user = await openUser(t);
  const { lets, published, announced, relay } = await openBox(t, { on_publish: [user.url] });
  assert.ok(await lets('on_publish', { vhost: 'not.configured' }));
  assert.equal(announced.length, 1);
  assert.equal(await lets('on_publish', { client_id: 'x' }, 'c002'), false);
  assert.equal(user.calls.length, 1);
  assert.equal(relay.tallies.read().on_publish?.refused, 1);
  assert.ok(await lets('on_unpublish'));
  assert.equal(published.size, 0);
  assert.ok(await lets('on_publish', { client_id: 'x' }, 'c002'));
});

test('a child that hangs up has turned its publisher away', async (t) => {
  const user = await openUser(t);
  const releases: (() => void)[] = [];
  user.replies.set('on_publish', (response) => {
    releases.push(() => response.end('0'));
  });
  const { server, published, relay } = await openBox(t, { on_publish: [user.url] });
  const hangUp = new AbortController();
  const body = JSON.stringify({ ...BODY, action: 'on_publish' });
  const call = fetch(server.urlFor('c001'), { method: 'POST', body, signal: hangUp.signal });
  await until('asked', () => releases.length === 1);
  assert.equal(published.size, 1);
  hangUp.abort();
  await assert.rejects(call);
  await until('given back', () => published.size === 0);
  assert.equal(relay.tallies.read().on_publish?.failed, 1);
});

test('the answer of a forward backend goes to the child as it is', async (t) => {
  const user = await openUser(t);
  const { call } = await openBox(t, { on_forward: [user.url] });
  const text = '{"code":0,"data":{"urls":["rtmp://10.0.0.1/live/s"]}}';
  user.replies.set('on_forward', says(200, text));
  assert.equal(await (await call('on_forward')).text(), text);
});

test('on_hls_notify goes on with all that SRS has put into it', async (t) => {
  const user = await openUser(t);
  const { server } = await openBox(t, {});
  const origin = Buffer.from(user.url).toString('base64url');
  const rest = '/api/v1/hls/vid-box/live/a%20b/live/s-1.ts?token=x&y=/../z';
  const response = await fetch(`${server.urlFor('c001')}/notify/${origin}${rest}`);
  assert.equal(response.status, 200);
  await until('passed on', () => user.calls.length === 1);
  assert.equal(user.calls[0]?.url, rest);
});

test('nobody else can call', async (t) => {
  const user = await openUser(t);
  const { server, relay } = await openBox(t, { on_play: [user.url] });
  const url = server.urlFor('c001');
  const post = async (to: string, body: string) =>
    (await fetch(to, { method: 'POST', body })).status;
  const good = JSON.stringify({ ...BODY, action: 'on_play' });
  assert.equal(await post(url.replace(/hooks\/.{4}/, 'hooks/AAAA'), good), 404);
  assert.equal(await post(server.urlFor('c009'), good), 404);
  assert.equal(await post(url, '{"action":"on_play"}'), 400);
  assert.equal(await post(url, `{"pad":"${'x'.repeat(70_000)}"}`), 413);
  assert.equal((await fetch(url)).status, 404);
  assert.equal(user.calls.length, 0);
  assert.deepEqual(relay.tallies.read(), {});
});

test('the user hears nothing of clients of our own', async (t) => {
  const user = await openUser(t);
  const { lets } = await openBox(t, { on_play: [user.url], on_stop: [user.url] });
  assert.ok(await lets('on_play', { ip: '127.0.0.9' }));
  assert.ok(await lets('on_stop', { ip: '127.0.0.9' }));
  assert.ok(await lets('on_play'));
  assert.deepEqual(
    user.calls.map(({ body }) => body.ip),
    ['203.0.113.5'],
  );
});
