import assert from 'node:assert/strict';
import { EventEmitter, once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, before, beforeEach, describe, it } from 'node:test';
import { HOOK_ACTIONS } from '../../src/origin/conf/vhost.js';
import { isAllowed } from '../../src/origin/hooks.js';
import { until } from '../helpers/until.js';
import { TestOrigin } from './helpers.js';
import { RtmpClient } from './rtmp-client.js';

type Call = Record<string, unknown>;

/** Complete key lists, as a real SRS 7.0.18 sends them, behind the seven that all share. */
const KEYS: Readonly<Record<string, string>> = {
  on_connect: 'stream,param,tcUrl,pageUrl',
  on_close: 'send_bytes,recv_bytes',
  on_publish: 'tcUrl,stream,param,stream_url,stream_id',
  on_unpublish: 'tcUrl,stream,param,stream_url,stream_id',
  on_play: 'stream,tcUrl,param,pageUrl,stream_url,stream_id',
  on_stop: 'tcUrl,stream,param,stream_url,stream_id',
};

describe('mini-srs calls hooks', { timeout: 120_000 }, () => {
  let server: Server;
  let origin: TestOrigin;
  const calls: Call[] = [];
  /** Calls of the second URL of each action. */
  const seconds: Call[] = [];
  /** Answers to each action; default: `0`. */
  const verdicts = new Map<string, { status: number; body: string; after?: Promise<unknown> }>();

  before(async () => {
    server = createServer(async (request, response) => {
      let body = '';
      for await (const piece of request) body += String(piece);
      const call = JSON.parse(body) as Call;
      if (request.url?.startsWith('/second/')) seconds.push(call);
      else calls.push(call);
      const verdict = verdicts.get(String(call.action ?? 'beat'));
      await verdict?.after;
      response.writeHead(verdict?.status ?? 200);
      response.end(verdict?.body ?? '0');
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const hooks = HOOK_ACTIONS.map(
      (action) => `${action} ${url}/hooks?for=${action} ${url}/second/${action};`,
    );
    origin = await TestOrigin.start({
      top: `heartbeat { enabled on; interval 1; url ${url}/beat; device_id d; ports on; summaries on; }`,
      vhost: `http_hooks { enabled on; ${hooks.join(' ')} }`,
    });
  });

  beforeEach(() => {
    calls.length = 0;
    seconds.length = 0;
    verdicts.clear();
  });

  after(async () => {
    await origin.close();
    server.close();
  });

  const find = (action: string): Call | undefined => calls.find((call) => call.action === action);

  it("in SRS's words, from connect to close", async () => {
    const publisher = await RtmpClient.open(origin.rtmp, '127.1.2.3');
    publisher.publish(origin.tcUrl, 'hk?token=abc');
    await publisher.hears('NetStream.Publish.Start');
    const player = await RtmpClient.open(origin.rtmp);
    player.play(origin.tcUrl, 'hk');
    await until('on_play', () => find('on_play'));
    player.close();
    publisher.close();
    await until('two on_close', () => calls.filter((c) => c.action === 'on_close').length === 2);
    for (const [action, keys] of Object.entries(KEYS)) {
      const call = find(action) ?? {};
      const shared = ['server_id', 'service_id', 'action', 'client_id', 'ip', 'vhost', 'app'];
      assert.deepEqual(Object.keys(call), [...shared, ...keys.split(',')], action);
    }
    const { ip, vhost, app, stream, param, stream_url: url } = find('on_publish') ?? {};
    assert.deepEqual(
      [ip, vhost, app, stream, param, url],
      ['127.1.2.3', '__defaultVhost__', 'live', 'hk', '?token=abc', '/live/hk'],
    );
  });

  for (const { role, asked, farewell } of [
    { role: 'publish', asked: 'on_publish', farewell: 'on_unpublish' },
    { role: 'play', asked: 'on_play', farewell: 'on_stop' },
  ] as const) {
    it(`bids farewell to one that left while ${asked} was asked`, async () => {
      const left = new EventEmitter();
      verdicts.set(asked, { status: 200, body: '0', after: once(left, 'left') });
      const client = await RtmpClient.open(origin.rtmp);
      client[role](origin.tcUrl, 'left');
      await until(asked, () => find(asked));
      client.socket.resetAndDestroy();
      left.emit('left');
      await until('on_close', () => find('on_close'));
      const heard = calls.map(({ action }) => action).filter((action) => action !== undefined);
      assert.deepEqual(heard, ['on_connect', asked, farewell, 'on_close']);
      assert.deepEqual(await origin.clients(), []);
    });
  }

  it('closes a publisher that is refused, after onFCPublish', async () => {
    verdicts.set('on_publish', { status: 200, body: '{"code":1}' });
    const publisher = await RtmpClient.open(origin.rtmp);
    publisher.publish(origin.tcUrl, 'no');
    await publisher.ends();
    const heard = publisher.said().map(([name]) => name);
    assert.equal(heard.at(-1), 'onFCPublish');
    assert.deepEqual(await origin.streams(), []);
  });

  it('asks one URL after the other until one refuses, and bids farewell to each', async () => {
    for (const action of ['on_close', 'on_unpublish']) {
      verdicts.set(action, { status: 500, body: '' });
    }
    const heard = (ip: string) =>
      seconds.filter((call) => call.ip === ip).map(({ action }) => action);
    const publisher = await RtmpClient.open(origin.rtmp, '127.4.4.1');
    publisher.publish(origin.tcUrl, 'two');
    await publisher.hears('NetStream.Publish.Start');
    publisher.close();
    await until('on_close', () => heard('127.4.4.1').includes('on_close'));
    const all = ['on_connect', 'on_publish', 'on_unpublish', 'on_close'];
    assert.deepEqual(heard('127.4.4.1'), all);
    verdicts.set('on_publish', { status: 200, body: '1' });
    const refused = await RtmpClient.open(origin.rtmp, '127.4.4.2');
    refused.publish(origin.tcUrl, 'two');
    await refused.ends();
    await until('on_close', () => heard('127.4.4.2').includes('on_close'));
    assert.deepEqual(heard('127.4.4.2'), ['on_connect', 'on_close']);
  });

  it('closes a player that is refused, after Play.Start', async () => {
    verdicts.set('on_play', { status: 500, body: '0' });
    const player = await RtmpClient.open(origin.rtmp);
    player.play(origin.tcUrl, 'no');
    await player.ends();
    assert.deepEqual(player.codes().slice(1), ['NetStream.Play.Reset', 'NetStream.Play.Start']);
    await assert.rejects(fetch(`http://127.0.0.1:${origin.http}/live/no.flv`));
  });

  it('closes a client that on_connect refuses, and says no on_close', async () => {
    verdicts.set('on_connect', { status: 200, body: 'no' });
    const publisher = await RtmpClient.open(origin.rtmp);
    publisher.publish(origin.tcUrl, 'no');
    await publisher.ends();
    assert.equal(find('on_publish'), undefined);
    assert.equal(find('on_close'), undefined);
  });

  it('beats with ports and summaries', async () => {
    const beat = await until('a beat', () => calls.find((call) => call.device_id === 'd'));
    assert.deepEqual(
      Object.keys(beat),
      'device_id,ip,server,service,pid,summaries,rtmp,http,api'.split(','),
    );
    assert.equal(beat.pid, String(origin.program.child.pid));
    assert.deepEqual(beat.rtmp, [`127.0.0.1:${origin.rtmp}`]);
    const versions = await origin.get('versions');
    assert.equal(beat.service, versions.service);
  });
});

describe('the verdict of a hook', () => {
  for (const [status, body, allowed] of [
    [200, '0', true],
    [201, '0', true],
    [200, '0\n', false],
    [200, '{"code":0,"msg":"ok"}', true],
    [204, '0', false],
    [500, '0', false],
    [200, '1', false],
    [200, '{"code":1}', false],
    [200, '{"code":"0"}', false],
    [200, '{}', false],
    [200, 'null', false],
    [200, '', false],
    [200, 'ok', false],
  ] as const) {
    it(`${status} ${JSON.stringify(body)}: ${allowed ? 'let in' : 'refused'}`, () => {
      assert.equal(isAllowed({ status, body }), allowed);
    });
  }
});
