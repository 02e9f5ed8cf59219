import assert from 'node:assert/strict';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { after, before, describe, it } from 'node:test';
import { candidatesOf, iceOf } from '../../src/protocol/webrtc/sdp.js';
import { freePort } from '../helpers/ports.js';
import { offerText } from '../helpers/sdp.js';
import { stunRequest } from '../helpers/stun.js';
import { MINI_SRS, REAL_SRS, TestOrigin } from './helpers.js';

const OFFER = offerText('sendonly');
const WHIP = '/rtc/v1/whip/?app=live&stream=';

for (const binary of [MINI_SRS, REAL_SRS].filter((path) => path !== null)) {
  const name = binary === MINI_SRS ? 'mini-srs' : 'the real SRS';
  describe(`WebRTC of ${name}`, { timeout: 120_000 }, () => {
    let origin: TestOrigin;
    let base: string;
    let port = 0;
    before(async () => {
      port = await freePort();
      const top = `rtc_server { enabled on; listen ${port}; candidate *;
        use_auto_detect_network_ip off; api_as_candidates off; }`;
      const vhost = 'rtc { enabled on; rtmp_to_rtc on; rtc_to_rtmp on; }';
      origin = await TestOrigin.start({ binary, top, vhost });
      base = `http://127.0.0.1:${origin.api}`;
    });
    after(() => origin?.close());

    const post = (path: string, body = OFFER) => fetch(base + path, { method: 'POST', body });
    const remove = (path: string) => fetch(base + path, { method: 'DELETE' });

    it('answers an offer with what the URL asks for, and checks at its port', async () => {
      const asked = `&eip=127.0.0.1:${port}&ice-ufrag=ofmychoice`;
      const response = await post(`${WHIP}a${asked}`);
      assert.equal(response.status, 201);
      assert.equal(response.headers.get('content-type'), 'application/sdp');
      const location = response.headers.get('location') ?? '';
      assert.match(
        location,
        /^\/rtc\/v1\/whip\/\?action=delete&token=\w+&app=live&stream=a&session=/,
      );
      assert.ok(location.endsWith('session=ofmychoice:ufrg'));
      const answer = await response.text();
      assert.deepEqual(candidatesOf(answer), [{ ip: '127.0.0.1', port, transport: 'udp' }]);
      const socket = createSocket('udp4');
      const { ufrag = '', password = '' } = iceOf(answer) ?? {};
      socket.send(stunRequest({ username: `${ufrag}:ufrg`, password }), port, '127.0.0.1');
      const [check] = await once(socket, 'message');
      assert.equal((check as Buffer).readUInt16BE(0), 0x0101);
      socket.close();
      assert.equal((await remove(location)).status, 200);
      assert.equal((await remove(location)).status, 200);
    });

    it('shows publishers and players, and closes the door on a second publisher', async () => {
      const first = await post(`${WHIP}b`);
      const player = await post('/rtc/v1/whep/?app=live&stream=b', offerText('recvonly'));
      assert.deepEqual([first.status, player.status], [201, 201]);
      const { clients } = (await (await fetch(`${base}/api/v1/clients/`)).json()) as {
        clients: { type: string; url: string; publish: boolean }[];
      };
      const publisher = clients.find(({ url, publish }) => url === '/live/b' && publish);
      assert.equal(publisher?.type, 'rtc-publish');
      await assert.rejects(post(`${WHIP}b`));
      const location = first.headers.get('location') ?? '';
      await assert.rejects(remove(location.replace(/token=\w+/, 'token=wrong')));
      assert.equal((await remove(location)).status, 200);
    });

    it('says nothing to what it does not take', async () => {
      for (const offer of ['', 'hello', offerText('recvonly')]) {
        await assert.rejects(post(`${WHIP}c`, offer));
      }
      await assert.rejects(remove(`${WHIP}c`));
    });

    it('serves the older JSON, whose errors are a code', async () => {
      const sdp = offerText('recvonly');
      const body = JSON.stringify({ sdp, streamurl: 'webrtc://box/live/d' });
      const answer = (await (await post('/rtc/v1/play/', body)).json()) as Record<string, unknown>;
      assert.equal(answer.code, 0);
      assert.match(String(answer.sessionid), /^\w+:ufrg$/);
      assert.ok(iceOf(String(answer.sdp)));
      const bad = await post('/rtc/v1/play/', '{}');
      assert.equal(bad.status, 200);
      assert.deepEqual(await bad.json(), { code: 400 });
    });

    it('redirects what has no slash, and answers preflights', async () => {
      const response = await fetch(`${base}/rtc/v1/whip?stream=e`, { redirect: 'manual' });
      assert.equal(response.status, 302);
      assert.equal(response.headers.get('location'), '/rtc/v1/whip/?stream=e');
      const options = await fetch(`${base}${WHIP}e`, { method: 'OPTIONS' });
      assert.equal(options.status, 200);
    });
  });
}
