import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { until } from '../helpers/until.js';
import { type Program, play, probe, publish, TestOrigin } from './helpers.js';
import { RtmpClient } from './rtmp-client.js';

describe('mini-srs and a real encoder', { timeout: 180_000 }, () => {
  let origin: TestOrigin;
  let encoder: Program;

  before(async () => {
    origin = await TestOrigin.start();
    encoder = publish(`${origin.tcUrl}/hk`);
    await until('frames', async () => Number((await origin.streams())[0]?.frames) > 0);
  });

  after(async () => {
    await encoder.stop('SIGKILL');
    await origin.close();
  });

  it('plays by RTMP', async () => {
    assert.equal(await probe(`${origin.tcUrl}/hk`), 'aac,h264');
    assert.equal(await play(`${origin.tcUrl}/hk`, 2), '0');
  });

  it('plays by HTTP-FLV, and by the name of any host without a vhost', async () => {
    const url = `http://localhost:${origin.http}/live/hk.flv`;
    assert.equal(await probe(url), 'aac,h264');
    assert.equal(await play(`${url}?token=1`, 2), '0');
  });

  it('says what it carries', async () => {
    const [stream] = await origin.streams();
    assert.deepEqual(stream?.video, {
      codec: 'H264',
      profile: 'Other',
      level: '1.3',
      width: 320,
      height: 240,
    });
    assert.deepEqual(stream?.audio, {
      codec: 'AAC',
      sample_rate: 44_100,
      channel: 2,
      profile: 'LC',
    });
    assert.equal((await origin.clients())[0]?.type, 'fmle-publish');
  });

  it('starts the FLV file with both flags and the CORS headers', async () => {
    const stop = new AbortController();
    const response = await fetch(`http://127.0.0.1:${origin.http}/live/hk.flv`, {
      headers: { Origin: 'http://console' },
      signal: stop.signal,
    });
    assert.equal(response.headers.get('content-type'), 'video/x-flv');
    assert.equal(response.headers.get('access-control-allow-origin'), '*');
    const { value } = (await response.body?.getReader().read()) ?? {};
    assert.deepEqual([...(value ?? []).slice(0, 5)], [0x46, 0x4c, 0x56, 1, 5]);
    stop.abort();
  });

  it('refuses a second publisher as SRS does, and the first one goes on', async () => {
    const second = await RtmpClient.open(origin.rtmp);
    second.publish(origin.tcUrl, 'hk');
    await second.ends();
    assert.deepEqual(
      second.said().map(([name]) => name),
      ['_result', 'onBWDone', '_result', '_result', '_result', 'onFCPublish'],
    );
    assert.equal(await play(`${origin.tcUrl}/hk`, 1), '0');
  });

  it('forgets players that left', async () => {
    const players = await Promise.all(
      Array.from({ length: 50 }, () => RtmpClient.open(origin.rtmp)),
    );
    for (const player of players) player.play(origin.tcUrl, 'hk');
    await until('51 clients', async () => (await origin.clients()).length === 51);
    for (const player of players) player.close();
    await until('one client', async () => (await origin.clients()).length === 1);
  });

  it('kicks a client', async () => {
    const player = await RtmpClient.open(origin.rtmp, '127.9.8.7');
    player.play(origin.tcUrl, 'hk');
    const client = await until('the player', async () =>
      (await origin.clients()).find(({ ip }) => ip === '127.9.8.7'),
    );
    assert.equal(client.type, 'rtmp-play');
    const answer = await origin.get(`clients/${client.id}`, { method: 'DELETE' });
    assert.equal(answer.code, 0);
    await player.ends();
    assert.equal((await origin.get(`clients/${client.id}`)).code, 2049);
  });
});
