import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { request } from 'node:http';
import path from 'node:path';
import { after, before, describe, it } from 'node:test';
import { until } from '../helpers/until.js';
import { probe, publish, TestOrigin } from './helpers.js';
import { RtmpClient } from './rtmp-client.js';

/** Vhosts with other kinds of live streams, and what ffprobe finds in them. */
const KINDS = [
  ['ts', 'video/MP2T', 'aac,h264'],
  ['aac', 'audio/x-aac', 'aac'],
] as const;
const MOUNTS = KINDS.map(
  ([kind]) =>
    `vhost ${kind}.com { http_remux { enabled on; mount [vhost]/[app]/[stream].${kind}; } }`,
).join(' ');

describe('the HTTP server of mini-srs', { timeout: 120_000 }, () => {
  let origin: TestOrigin;
  let base: string;
  before(async () => {
    origin = await TestOrigin.start({ top: MOUNTS });
    base = `http://127.0.0.1:${origin.http}`;
    await writeFile(path.join(origin.dir, 'html', 'page.html'), 'hello');
  });
  after(() => origin.close());

  it('serves files of its directory, and nothing outside of it', async () => {
    const page = await fetch(`${base}/page.html`);
    assert.equal(await page.text(), 'hello');
    assert.match(page.headers.get('content-type') ?? '', /^text\/html/);
    const url = new URL(base);
    for (const bad of ['/none', '/', '/../srs.conf', '/%2e%2e/srs.conf', '/%00', '/%zz']) {
      const call = request({ host: url.hostname, port: url.port, path: bad }).end();
      const status = await new Promise((resolve, reject) => {
        call.on('response', (response) => resolve(response.resume().statusCode));
        call.on('error', reject);
      });
      assert.equal(status, 404, bad);
    }
  });

  it('answers versions as the API does', async () => {
    const { data } = (await (await fetch(`${base}/api/v1/versions`)).json()) as {
      data: { major: number };
    };
    assert.equal(data.major, 7);
  });

  it('holds a player until the stream is published, and closes it when that ends', async () => {
    const held = fetch(`${base}/live/held.flv`);
    await until('the player', async () => (await origin.clients())[0]?.type === 'flv-play');
    const publisher = await RtmpClient.open(origin.rtmp);
    publisher.publish(origin.tcUrl, 'held');
    await publisher.hears('NetStream.Publish.Start');
    publisher.video(0, [0x17, 0, 0, 0, 0, 1]);
    publisher.video(0, [0x17, 1, 0, 0, 0, 9]);
    const body = (await held).body?.getReader();
    const { value } = (await body?.read()) ?? {};
    assert.deepEqual([...(value ?? []).slice(0, 5)], [0x46, 0x4c, 0x56, 1, 1]);
    publisher.close();
    // As from SRS, the body is cut off, not ended.
    const over = until('the end', async () => (await body?.read())?.done);
    await over.catch((error: Error) => assert.match(error.message, /terminated/));
    await until('no client', async () => (await origin.clients()).length === 0);
  });

  it('forgets a held player that leaves', async () => {
    const stop = new AbortController();
    const held = fetch(`${base}/live/never.flv?vhost=my.com`, { signal: stop.signal });
    const client = await until('the player', async () => (await origin.clients())[0]);
    assert.equal(client.url, 'my.com/live/never');
    stop.abort();
    await assert.rejects(held);
    await until('no client', async () => (await origin.clients()).length === 0);
    assert.deepEqual(await origin.streams(), []);
  });

  for (const [kind, type, codecs] of KINDS) {
    it(`plays .${kind} where the vhost mounts it`, async () => {
      const encoder = publish(`${origin.tcUrl}/k?vhost=${kind}.com`);
      const url = `${base}/live/k.${kind}?vhost=${kind}.com`;
      const stop = new AbortController();
      const response = await fetch(url, { signal: stop.signal });
      assert.equal(response.headers.get('content-type'), type);
      stop.abort();
      assert.deepEqual([...new Set((await probe(url)).split(','))].join(), codecs);
      await encoder.stop('SIGKILL');
      await until('nobody', async () => (await origin.clients()).length === 0);
    });
  }

  it('shows a player by its peer, and tells the hooks the address that a proxy names', async () => {
    const stop = new AbortController();
    const headers = { 'X-Forwarded-For': '9.8.7.6' };
    const held = fetch(`${base}/live/seen.flv`, { signal: stop.signal, headers });
    const client = await until('the player', async () => (await origin.clients())[0]);
    assert.deepEqual([client.ip, client.name], ['127.0.0.1', 'seen.flv']);
    assert.match(origin.program.output, /HTTP 9\.8\.7\.6 GET \/live\/seen\.flv/);
    stop.abort();
    await assert.rejects(held);
    await until('no client', async () => (await origin.clients()).length === 0);
  });

  it('answers HEAD without playing', async () => {
    const head = await fetch(`${base}/live/x.flv`, { method: 'HEAD' });
    assert.equal(head.headers.get('content-type'), 'video/x-flv');
    assert.deepEqual(await origin.clients(), []);
  });
});
