import assert from 'node:assert/strict';
import { after, afterEach, before, describe, it } from 'node:test';
import { candidatesOf } from '../../../src/protocol/webrtc/sdp.js';
import { decodeUfrag } from '../../../src/protocol/webrtc/ufrag.js';
import { offerText } from '../../helpers/sdp.js';
import { until } from '../../helpers/until.js';
import { Rig } from './rig.js';

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
    assert.deepEqual(rig.sessions.rows(), []);
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
    assert.equal(rig.sessions.rows().length, 1);
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
    await refused(post(WHIP, `v=0\r\n${'a=x\r\n'.repeat(20_000)}`), 413, /large/i);
    assert.deepEqual(child?.asked, []);
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
    assert.equal(rig.sessions.rows().length, 1);
    assert.equal(await remove(location), 200);
    assert.equal(rig.sessions.rows().length, 0);
    assert.deepEqual(rig.released, ['__defaultVhost__/live/s']);
    // As SRS answers it.
    assert.equal(await remove(location), 200);
  });
});
