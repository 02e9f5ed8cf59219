import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { request } from 'node:http';
import path from 'node:path';
import { after, before, describe, it } from 'node:test';
import { until } from '../helpers/until.js';
import { TestOrigin } from './helpers.js';
import { RtmpClient } from './rtmp-client.js';

describe('the HTTP server of mini-srs', { timeout: 120_000 }, () => {
  let origin: TestOrigin;
  let base: string;
  before(async () => {
    origin = await TestOrigin.start();
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

  it('answers HEAD without playing', async () => {
    const head = await fetch(`${base}/live/x.flv`, { method: 'HEAD' });
    assert.equal(head.headers.get('content-type'), 'video/x-flv');
    assert.deepEqual(await origin.clients(), []);
  });
});
