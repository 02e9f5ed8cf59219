import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import type { AdminStatus } from '../../src/admin/types.js';
import { CONCLUSION } from '../../src/protocol/srt/handshake.js';
import { Cast } from '../helpers/cast.js';
import { origins } from '../helpers/origins.js';
import { freePort } from '../helpers/ports.js';
import { offerText } from '../helpers/sdp.js';
import { SrtCaller } from '../helpers/srt-caller.js';
import { RunningSupervisor } from '../helpers/supervisor.js';
import { BOUNDED } from '../helpers/until.js';
import { RtmpClient } from '../origin/rtmp-client.js';

/** The aliases that children see are in neither network. */
const SECURITY = `security {
  enabled on;
  deny publish 127.0.0.9; allow publish 127.0.0.0/24;
  deny play 127.0.0.9; allow play 127.0.0.0/24;
}`;
const BARRED = '127.0.0.9';
const ELSEWHERE = '127.0.1.1';
const LET_IN = '127.0.0.8';

for (const origin of origins()) {
  // mini-srs speaks no SRT.
  const isSrs = origin.name === 'srs';

  describe(`vhost.security before ${origin.name}`, BOUNDED, () => {
    let supervisor: RunningSupervisor;
    let folder: string;
    let ports: { http: number; api: number; rtc: number; srt: number };
    const cast = new Cast();

    before(async () => {
      folder = await mkdtemp(join(tmpdir(), 'srs-access-e2e-'));
      const template = join(folder, 'srs.template');
      const remux = 'http_remux { enabled on; mount [vhost]/[app]/[stream].flv; }';
      const rest = `${remux} hls { enabled on; } rtc { enabled on; } srt { enabled on; }`;
      await writeFile(template, `vhost __defaultVhost__ { ${SECURITY} ${rest} }`);
      const [http, api, rtc] = [await freePort(), await freePort(), await freePort()];
      ports = { http, api, rtc, srt: await freePort() };
      const env = { SRS_SUPERVISOR_SRS_TEMPLATE: template };
      supervisor = await RunningSupervisor.start({ origin: origin.path, children: 2, ports, env });
      cast.publish(`rtmp://127.0.0.1:${supervisor.rtmpPort}/live/cam`);
    });
    after(async () => {
      await cast.close();
      await supervisor?.dispose();
      await rm(folder, { recursive: true, force: true });
    });

    const tcUrl = () => `rtmp://127.0.0.1:${supervisor.rtmpPort}/live`;

    /** The status of a request that comes from this address. */
    function statusOf(from: string, port: number, path: string, offer?: string): Promise<number> {
      const method = offer === undefined ? 'GET' : 'POST';
      const headers = { 'Content-Type': 'application/sdp' };
      const options = { host: '127.0.0.1', port, path, method, headers, localAddress: from };
      return new Promise((resolve, reject) => {
        const asked = request(options, (response) => {
          resolve(response.statusCode ?? 0);
          response.destroy();
        });
        asked.on('error', reject).end(offer);
      });
    }

    for (const from of [BARRED, ELSEWHERE]) {
      it(`closes RTMP publishers and players of ${from}`, async () => {
        const publisher = await RtmpClient.open(supervisor.rtmpPort, from);
        publisher.publish(tcUrl(), 'theirs');
        await publisher.ends();
        assert.ok(!publisher.codes().includes('NetStream.Publish.Start'));
        for (const stream of ['cam', 'nobodys']) {
          const player = await RtmpClient.open(supervisor.rtmpPort, from);
          player.play(tcUrl(), stream);
          await player.ends();
          assert.ok(!player.codes().includes('NetStream.Play.Start'), stream);
        }
      });

      it(`answers 403 to HTTP players and WebRTC clients of ${from}`, async () => {
        assert.equal(await statusOf(from, ports.http, '/live/cam.flv'), 403);
        assert.equal(await statusOf(from, ports.http, '/live/nobodys.flv'), 403);
        assert.equal(await statusOf(from, ports.http, '/live/cam.m3u8'), 403);
        const whip = '/rtc/v1/whip/?app=live&stream=theirs';
        assert.equal(await statusOf(from, ports.api, whip, offerText('sendonly')), 403);
        const whep = '/rtc/v1/whep/?app=live&stream=cam';
        assert.equal(await statusOf(from, ports.api, whep, offerText('recvonly')), 403);
      });
    }

    it('serves clients of an address that the rules allow, whatever their alias is', async () => {
      const publisher = await RtmpClient.open(supervisor.rtmpPort, LET_IN);
      publisher.publish(tcUrl(), 'ours');
      await publisher.hears('NetStream.Publish.Start');
      publisher.close();
      const player = await RtmpClient.open(supervisor.rtmpPort, LET_IN);
      player.play(tcUrl(), 'cam');
      await player.hears('NetStream.Play.Start');
      player.close();
      assert.equal(await statusOf(LET_IN, ports.http, '/live/cam.flv'), 200);
      const whip = '/rtc/v1/whip/?app=live&stream=ours2';
      assert.equal(await statusOf(LET_IN, ports.api, whip, offerText('sendonly')), 201);
    });

    it('refuses SRT callers of other addresses', { skip: !isSrs }, async () => {
      const barred = await new SrtCaller().open(BARRED);
      barred.target = ports.srt;
      assert.equal((await barred.call(1, '#!::r=live/srt,m=publish')).type, 2403);
      const allowed = await new SrtCaller().open(LET_IN);
      allowed.target = ports.srt;
      assert.equal((await allowed.call(2, '#!::r=live/srt,m=publish')).type, CONCLUSION);
      await Promise.all([barred.close(), allowed.close()]);
    });

    it('counts and logs them by their own kind', async () => {
      const { listeners } = await supervisor.get<AdminStatus>('status');
      const rtmp = listeners.find(({ name }) => name === 'rtmp');
      assert.equal(rtmp?.clients?.failed.access, 6);
      assert.match(supervisor.output, /security: 127\.0\.0\.9 may not publish this stream/);
    });
  });
}
