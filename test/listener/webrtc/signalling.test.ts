import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type IncomingMessage, request } from 'node:http';
import { after, afterEach, before, describe, it } from 'node:test';
import { candidatesOf } from '../../../src/protocol/webrtc/sdp.js';
import { decodeUfrag } from '../../../src/protocol/webrtc/ufrag.js';
import { offerText } from '../../helpers/sdp.js';
import { until } from '../../helpers/until.js';
import { PROXY_ADDRESS, Rig } from './rig.js';

const OFFER = offerText('sendonly');
const WHIP = '/rtc/v1/whip/?app=live&stream=s';

describe('webrtc signalling', () => {
  const rig = new Rig();
  const [child] = rig.children;

  before(() => rig.start());
  afterEach(() => {
    rig.sessions.endOf({ id: 'c001', generation: 1 }, 'the test is over');
    rig.hasChild = true;
    rig.isPublished = false;
    rig.released.length = 0;
    rig.bearers.clear();
    if (child) child.asked.length = 0;
  });
  after(() => rig.close());

  const post = (path: string, body = OFFER, headers: Record<string, string> = {}) =>
    fetch(`${rig.url}${path}`, { method: 'POST', body, headers });

  async function refused(answer: Promise<Response>, status: number, reason: RegExp): Promise<void> {
    const response = await answer;
    const text = await response.text();
    assert.equal(response.status, status, text);
    assert.match(text, reason);
    assert.equal(text.trimEnd().split('\n').length, 1);
    assert.deepEqual(await rig.sessions.rows(), []);
    assert.equal(rig.sessions.summary().connections, 0);
  }

  it('hands an offer to the owner and its answer back, with our candidate and a ufrag of ours', async () => {
    const headers = { authorization: 'Bearer x', 'x-forwarded-for': '1.2.3.4', host: 'ignored' };
    const response = await post(`${WHIP}&token=1`, OFFER, headers);
    assert.equal(response.status, 201);
    assert.equal(response.headers.get('content-type'), 'application/sdp');
    const location = response.headers.get('location') ?? '';
    assert.match(location, /^\/rtc\/v1\/whip\/\?action=delete&token=t&/);
    const ufrag = /session=([^:]+):/.exec(location)?.[1] ?? '';
    assert.equal(decodeUfrag(ufrag)?.child, 'c001');
    const answer = await response.text();
    assert.deepEqual(candidatesOf(answer), [{ ip: '192.0.2.9', port: rig.port, transport: 'udp' }]);
    const asked = child?.asked[0];
    assert.ok(asked);
    assert.ok(asked.url?.endsWith(`&app=live&stream=s&token=1`), asked.url);
    assert.equal(asked.headers.authorization, 'Bearer x');
    // Nobody's own claim.
    assert.equal(asked.headers['x-forwarded-for'], '127.0.0.1');
    assert.equal((await rig.sessions.rows()).length, 1);
  });

  it('tells a client’s bearer token by a key of ours, which its hooks will have', async () => {
    await post(WHIP, OFFER, { authorization: 'Bearer ours' });
    const { url = '' } = child?.asked[0] ?? {};
    assert.equal(rig.bearers.get(/\?bearer-key=([\da-f]{24})&/.exec(url)?.[1] ?? ''), 'ours');
    assert.ok(!url.includes('ours'), 'children log all parameters');
    await post(WHIP, OFFER, { authorization: 'Basic eDp5' });
    await post(WHIP);
    assert.equal(rig.bearers.size, 1);
  });

  it('puts a trusted proxy’s prefix before the Location, and nobody else’s', async () => {
    const headers = { 'x-forwarded-prefix': '/tv' };
    const locationFor = async (localAddress: string, path: string) => {
      const asked = request(`${rig.url}${path}`, { method: 'POST', headers, localAddress });
      asked.end(OFFER);
      const [response] = (await once(asked, 'response')) as [IncomingMessage];
      response.resume();
      return response.headers.location;
    };
    assert.match((await locationFor(PROXY_ADDRESS, WHIP)) ?? '', /^\/tv\/rtc\/v1\/whip\/\?action=/);
    assert.match((await locationFor('127.0.0.1', WHIP)) ?? '', /^\/rtc\/v1\/whip\/\?action=/);
    const bare = await locationFor(PROXY_ADDRESS, '/rtc/v1/whip?stream=s');
    assert.equal(bare, '/tv/rtc/v1/whip/?stream=s');
    assert.equal(child?.asked[0]?.headers['x-forwarded-prefix'], undefined);
  });

  it('hints at the name of a stream to who asks for it with another protocol’s suffix', async () => {
    const play = offerText('recvonly');
    const whep = '/rtc/v1/whep/?app=live&stream=s.flv';
    await refused(post(whep, play), 404, /nobody publishes .*live\/s\.flv; .*stream=s\n/);
    assert.deepEqual(child?.asked, []);
    rig.isPublished = true;
    assert.equal((await post(whep, play)).status, 201);
  });

  it('leaves a client its own eip and ufrag', async () => {
    const response = await post(`${WHIP}&eip=198.51.100.7:9&ice-ufrag=mine`);
    const answer = await response.text();
    assert.deepEqual(candidatesOf(answer), [{ ip: '198.51.100.7', port: 9, transport: 'udp' }]);
    assert.match(response.headers.get('location') ?? '', /session=mine:ufrg/);
    const again = await post(`${WHIP}&eip=198.51.100.7:9&ice-ufrag=mine`);
    assert.equal(again.status, 409);
    await until('the child is told', () => child?.asked.at(-1)?.method === 'DELETE');
  });

  it('serves the older JSON', async () => {
    const body = { sdp: offerText('recvonly'), streamurl: 'webrtc://box/live/s' };
    const response = await post('/rtc/v1/play/', JSON.stringify(body));
    const { code, sdp, sessionid } = (await response.json()) as Record<string, string>;
    assert.equal(code, 0);
    assert.match(sdp ?? '', new RegExp(`192\\.0\\.2\\.9 ${rig.port} `));
    assert.match(sessionid ?? '', /:ufrg$/);
    for (const bad of ['', '{}', '[]', '{"sdp":1}', JSON.stringify({ ...body, sdp: 'x' })]) {
      const answer = await post('/rtc/v1/play/', bad);
      assert.equal(answer.status, 200);
      assert.equal(((await answer.json()) as { code: number }).code, 400);
    }
  });

  it('says what is wrong with an offer', async () => {
    await refused(post(WHIP, ''), 400, /no SDP/);
    await refused(post(WHIP, 'hello'), 400, /no SDP/);
    await refused(post(WHIP, OFFER.replaceAll('a=rtcp-mux\r\n', '')), 406, /rtcp-mux/);
    await refused(post(WHIP, offerText('recvonly')), 406, /recvonly/);
    const half = OFFER.replace(/a=ssrc:2 .*\r\n/g, '');
    await refused(post(WHIP, half), 406, /whose video line names no a=ssrc/);
    await refused(post(WHIP, `v=0\r\n${'a=x\r\n'.repeat(20_000)}`), 413, /large/i);
    assert.deepEqual(child?.asked, []);
  });

  it('refuses to publish where the child takes fewer m-lines than offered', async () => {
    const third = OFFER.slice(OFFER.indexOf('m=audio'), OFFER.indexOf('m=video'));
    await refused(post(WHIP, OFFER + third), 406, /takes 2 of the 3 m-lines/);
    await until('the child is told', () => child?.asked.at(-1)?.method === 'DELETE');
  });

  it('gives SRS’s silence a status', async () => {
    await refused(post('/rtc/v1/whip/?stream=refused'), 403, /refuses to publish/);
    rig.isPublished = true;
    await refused(post('/rtc/v1/whip/?stream=refused'), 409, /published already/);
    rig.hasChild = false;
    const answer = await post(WHIP);
    assert.equal(answer.headers.get('retry-after'), '1');
    await refused(post(WHIP), 503, /no child/);
    assert.equal(rig.released.length, 2);
  });

  it('knows no other methods, and redirects what has no slash', async () => {
    for (const method of ['GET', 'PUT', 'PATCH']) {
      const response = await fetch(`${rig.url}${WHIP}`, { method });
      assert.equal(response.status, 405);
      assert.equal(response.headers.get('allow'), 'POST, DELETE, OPTIONS');
    }
    const options = await fetch(`${rig.url}${WHIP}`, {
      method: 'OPTIONS',
      headers: { origin: 'http://page' },
    });
    assert.equal(options.status, 200);
    assert.equal(options.headers.get('access-control-allow-origin'), '*');
    assert.match(options.headers.get('access-control-allow-headers') ?? '', /Authorization/);
    assert.match(options.headers.get('access-control-expose-headers') ?? '', /Location/);
    assert.equal(options.headers.get('access-control-allow-private-network'), 'true');
    const redirect = await fetch(`${rig.url}/rtc/v1/whip?stream=s`, {
      method: 'POST',
      redirect: 'manual',
    });
    assert.equal(redirect.status, 302);
    assert.equal(redirect.headers.get('location'), '/rtc/v1/whip/?stream=s');
  });

  it('deletes a session for who has its token, and nobody else’s', async () => {
    const { location } = await rig.session('s');
    const remove = async (path: string) =>
      (await fetch(rig.url + path, { method: 'DELETE' })).status;
    assert.equal(await remove(location.replace('token=t', 'token=wrong')), 403);
    assert.equal(await remove(location.replace('token=t&', '')), 400);
    assert.equal((await rig.sessions.rows()).length, 1);
    assert.equal(await remove(location), 200);
    assert.equal((await rig.sessions.rows()).length, 0);
    assert.deepEqual(rig.released, ['__defaultVhost__/live/s']);
    // As SRS answers it.
    assert.equal(await remove(location), 200);
  });
});
