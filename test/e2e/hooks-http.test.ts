import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, it } from 'node:test';
import { Cast } from '../helpers/cast.js';
import { HlsViewer } from '../helpers/hls-viewer.js';
import { HttpPlayer } from '../helpers/http-player.js';
import { origins } from '../helpers/origins.js';
import { freePort } from '../helpers/ports.js';
import { RunningSupervisor } from '../helpers/supervisor.js';
import { BOUNDED, until } from '../helpers/until.js';
import { says, UserHooks } from '../hooks/hook-server.js';

const ACTIONS = ['on_play', 'on_stop', 'on_hls'];
/** A load balancer on this machine says who the client is. */
const CLIENT = '203.0.113.9';
const FORWARDED = { 'X-Forwarded-For': CLIENT };

/** Returns a test for calls about the same client. */
function isOf(call: Record<string, unknown> | undefined) {
  return ({ client_id: id }: Record<string, unknown>) => id === call?.client_id;
}

for (const origin of origins()) {
  describe(`hooks of HTTP players, ${origin.name}`, BOUNDED, () => {
    const cast = new Cast();
    let user: UserHooks;
    let supervisor: RunningSupervisor;
    let http: number;

    before(async () => {
      user = await UserHooks.start();
      http = await freePort();
      const names = ACTIONS.map((action) => `SRS_SUPERVISOR_HOOKS_${action.toUpperCase()}`);
      const env = {
        ...Object.fromEntries(names.map((name) => [name, `${user.url}/hooks`])),
        SRS_SUPERVISOR_PROXIES_TRUSTED: '127.0.0.1',
        SRS_SUPERVISOR_HLS_FRAGMENT_SECONDS: '1',
        SRS_SUPERVISOR_HLS_WINDOW_SECONDS: '4',
        SRS_SUPERVISOR_HTTP_WAIT_SECONDS: '20',
        SRS_SUPERVISOR_HOOKS_TIMEOUT_SECONDS: '2',
      };
      const ports = { http };
      supervisor = await RunningSupervisor.start({ origin: origin.path, children: 2, ports, env });
      cast.publish(supervisor.url('live/cam'));
      const url = `http://127.0.0.1:${http}/live/cam.flv`;
      await until('it can be played', async () => (await fetch(url, { method: 'HEAD' })).ok);
    });
    beforeEach(() => {
      user.calls.length = 0;
      user.replies.clear();
    });
    after(async () => {
      await cast.close();
      await supervisor?.dispose();
      await user?.close();
    });

    const flv = (query = '') =>
      HttpPlayer.get(http, `/live/cam.flv${query}`, `X-Forwarded-For: ${CLIENT}`);

    it('tell who plays by FLV, with the query', async () => {
      const player = await flv('?token=abc');
      await until('it plays', () => player.size > 10_000);
      const [call] = user.of('on_play', 'cam');
      const { child } = await supervisor.ownerOf('live/cam');
      assert.deepEqual([call?.ip, call?.child, call?.param], [CLIENT, child, '?token=abc']);
      player.close();
      await until('on_stop', () => user.of('on_stop', 'cam').length === 1);
      assert.equal(user.of('on_stop', 'cam')[0]?.ip, CLIENT);
    });

    it('tell at once of an FLV player that comes before its publisher, and once', async () => {
      const player = await HttpPlayer.get(
        http,
        '/live/early.flv?a=1',
        `X-Forwarded-For: ${CLIENT}`,
      );
      await until('on_play', () => user.of('on_play', 'early').length === 1);
      const [early] = user.of('on_play', 'early');
      assert.deepEqual([early?.ip, early?.child, early?.param], [CLIENT, null, '?a=1']);
      cast.publish(supervisor.url('live/early'));
      await until('it plays', () => player.size > 10_000);
      player.close();
      await until('on_stop', () => user.of('on_stop', 'early').length === 1);
      const [stop] = user.of('on_stop', 'early');
      assert.deepEqual([stop?.ip, stop?.client_id], [CLIENT, early?.client_id]);
      assert.equal(user.of('on_play', 'early').length, 1);
    });

    it('tell who watches by HLS, and of each segment', async () => {
      const viewer = await HlsViewer.join(`http://127.0.0.1:${http}/live/cam.m3u8`, FORWARDED);
      assert.ok((await viewer.list()).segments.length > 0);
      assert.equal(user.of('on_play', 'cam.m3u8')[0]?.ip, CLIENT);
      await until('on_hls', () => user.of('on_hls', 'cam').length > 0);
      const [segment] = user.of('on_hls', 'cam');
      assert.match(String(segment?.file), /\.ts$/);
      assert.equal(segment?.child, (await supervisor.ownerOf('live/cam')).child);
    });

    it('tell at once of an HLS viewer that comes before its publisher, and once', async () => {
      const url = `http://127.0.0.1:${http}/live/soon.m3u8?a=1`;
      const viewer = fetch(url, { headers: FORWARDED });
      const calls = () => user.of('on_play', 'soon.m3u8');
      await until('on_play', () => calls().length === 1);
      cast.publish(supervisor.url('live/soon'));
      const early = await viewer;
      const [call] = calls();
      assert.deepEqual([early.status, call?.child], [200, null]);
      const master = `soon.m3u8?hls_ctx=${call?.client_id}&a=1`;
      assert.ok((await early.text()).includes(`\n${master}\n`));
      const list = await fetch(new URL(master, url), { headers: FORWARDED });
      assert.match(await list.text(), /\.ts\?hls_ctx=/);
      assert.equal(calls().length, 1);
      // One that comes later is told of by the child, in the same words.
      await fetch(url, { headers: FORWARDED });
      const { client_id: _, child: _child, ...own } = call ?? {};
      const { client_id: _id, child: _its, ...others } = calls()[1] ?? {};
      assert.deepEqual(Object.entries(own), Object.entries(others));
      const stops = () => user.of('on_stop', 'soon.m3u8').filter(isOf(call));
      await until('on_stop', () => stops().length === 1);
      assert.deepEqual([stops()[0]?.param, stops()[0]?.ip], ['?a=1', CLIENT]);
    });

    it('refuse a viewer of a stream that nobody publishes at once', async () => {
      user.replies.set('on_play', says(200, '{"code":403}'));
      const answer = await fetch(`http://127.0.0.1:${http}/live/never.m3u8`, {
        headers: FORWARDED,
      });
      assert.equal(answer.status, 403);
      assert.equal(user.of('on_play', 'never.m3u8').length, 1);
      assert.equal(user.of('on_stop', 'never.m3u8').length, 0);
    });

    it('refuse them with a status, though SRS only hangs up', async () => {
      user.replies.set('on_play', says(200, '{"code":403}'));
      const player = await flv();
      await until('it is answered', () => player.status > 0);
      assert.ok([403, 502].includes(player.status), player.head);
      const hls = await fetch(`http://127.0.0.1:${http}/live/cam.m3u8`, { headers: FORWARDED });
      assert.equal(hls.status, 403);
    });
  });
}
