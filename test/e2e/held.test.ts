import assert from 'node:assert/strict';
import { after, afterEach, before, beforeEach, describe, it } from 'node:test';
import type { AdminStatus } from '../../src/admin/types.js';
import { Cast } from '../helpers/cast.js';
import type { ApiClient } from '../helpers/child-api.js';
import { Cluster, httpUrl } from '../helpers/cluster.js';
import { assertDecoded } from '../helpers/media.js';
import { origins } from '../helpers/origins.js';
import { freePort } from '../helpers/ports.js';
import { RunningSupervisor } from '../helpers/supervisor.js';
import { BOUNDED, until } from '../helpers/until.js';
import { says, UserHooks } from '../hooks/hook-server.js';
import { TestOrigin } from '../origin/helpers.js';
import { RtmpClient } from '../origin/rtmp-client.js';

const ACTIONS = ['on_connect', 'on_play', 'on_stop', 'on_close'];
const FRAMES = 25;
const MANY = 200;

type HookCall = Record<string, unknown>;

interface Target {
  readonly port: number;
  readonly tcUrl: string;
}

/** A player of a stream that nobody publishes, who comes from there and goes. */
async function comeAndGo(
  { port, tcUrl }: Target,
  heard: () => HookCall[],
  ip: string,
): Promise<void> {
  const stream = 'truth';
  const of = (action: string) => heard().filter((body) => body.action === action);
  const player = await RtmpClient.open(port, ip);
  player.play(tcUrl, `${stream}?token=abc`);
  await until('on_play', () => of('on_play').length === 1);
  // SRS reads nothing of a player before that has been answered.
  await player.hears('NetStream.Play.Start');
  player.command('pause', null, true, 0);
  await player.hears('NetStream.Pause.Notify');
  player.close();
  await until('on_close', () => of('on_close').length === 1);
}

for (const origin of origins()) {
  describe(`players that wait, ${origin.name}`, BOUNDED, () => {
    let user: UserHooks;
    let supervisor: RunningSupervisor;
    let target: Target;
    let api: number;
    const cast = new Cast();
    const clients: RtmpClient[] = [];
    let test = 0;
    /** The players of a test come from here, and those of no other. */
    let ip = '';

    before(async () => {
      user = await UserHooks.start();
      const names = ACTIONS.map((action) => `SRS_SUPERVISOR_HOOKS_${action.toUpperCase()}`);
      const env = Object.fromEntries(names.map((name) => [name, user.url]));
      api = await freePort();
      const ports = { api };
      supervisor = await RunningSupervisor.start({ origin: origin.path, children: 2, ports, env });
      target = { port: supervisor.rtmpPort, tcUrl: supervisor.url('live') };
    });
    beforeEach(() => {
      test += 1;
      ip = `127.0.77.${test}`;
      user.replies.clear();
    });
    afterEach(async () => {
      for (const client of clients.splice(0)) client.close();
      await cast.close();
      await held(0);
    });
    after(async () => {
      await supervisor?.dispose();
      await user?.close();
    });

    const status = () => supervisor.get<AdminStatus>('status');
    const held = async (count: number) => {
      let last: AdminStatus | null = null;
      const isSo = async () => {
        last = await status();
        return last.heldPlayers === count;
      };
      await until(() => `${count} wait: ${JSON.stringify(last)}`, isSo);
    };
    const player = async (stream: string) => {
      const client = await RtmpClient.open(target.port, ip);
      clients.push(client);
      client.play(target.tcUrl, stream);
      return client;
    };
    /** Calls of hooks for this test's players. */
    const heard = (action = '', stream = '') =>
      user.calls
        .map(({ body }) => body)
        .filter((body) => body.ip === ip && [body.action, ''].includes(action))
        .filter((body) => [body.stream, ''].includes(stream));
    const isFree = async (stream: string) => {
      const clients = (await supervisor.children()).map((child) => child.clients);
      const streams = (await supervisor.streams()).map((row) => row.stream);
      return clients.every((count) => count === 0) && !streams.some((key) => key.includes(stream));
    };

    it('see the first pictures when the publisher comes', async () => {
      const players = [1, 2].map(() => cast.playFrames(supervisor.url('live/early'), FRAMES));
      await held(2);
      await until('no child knows of it', () => isFree('early'));
      cast.publish(supervisor.url('live/early'));
      for (const one of players) await assertDecoded(one, FRAMES);
    });

    it('are told of to hooks as SRS tells of them', async () => {
      await comeAndGo(target, heard, ip);
      const ours = heard();
      user.calls.length = 0;
      const hooks = ACTIONS.map((action) => `${action} ${user.url};`).join(' ');
      const direct = await TestOrigin.start({
        binary: origin.path,
        vhost: `http_hooks { enabled on; ${hooks} }`,
      });
      await comeAndGo({ port: direct.rtmp, tcUrl: direct.tcUrl }, heard, ip);
      await direct.close();
      const theirs = heard();
      assert.deepEqual(
        ours.map(({ action }) => action),
        theirs.map(({ action }) => action),
      );
      const same = ['action', 'ip', 'vhost', 'app', 'stream', 'param', 'pageUrl', 'stream_url'];
      for (const [index, body] of ours.entries()) {
        const own = theirs[index] ?? {};
        assert.deepEqual(Object.keys(body), [...Object.keys(own), 'child']);
        assert.deepEqual(
          same.map((name) => body[name]),
          same.map((name) => own[name]),
        );
        assert.equal(body.child, null);
        assert.match(String(body.client_id), /^[0-9a-z]{8}$/);
      }
      assert.equal(new Set(ours.map(({ client_id }) => client_id)).size, 1);
    });

    it('are one client to hooks from their first word to the last, and asked about once', async () => {
      const waiting = await player('once');
      await until('on_play', () => heard('on_play').length === 1);
      cast.publish(supervisor.url('live/once'));
      await until('media', () => waiting.media().length > 0);
      const { child } = await supervisor.ownerOf('live/once');
      waiting.close();
      await until('it has closed', () => heard('on_close').length === 1);
      assert.deepEqual(
        heard().map((body) => [body.action, body.child]),
        [
          ['on_connect', null],
          ['on_play', null],
          ['on_stop', child],
          ['on_close', child],
        ],
      );
      assert.equal(new Set(heard().map(({ client_id }) => client_id)).size, 1);
    });

    it('are found and kicked by the id that hooks tell, waiting or served', async () => {
      const ask = async (id: unknown, method: string) => {
        const answer = await fetch(`http://127.0.0.1:${api}/api/v1/clients/${id}`, { method });
        return (await answer.json()) as { code: number; client?: ApiClient & { id: string } };
      };
      const [one, two] = [await player('kicked'), await player('kicked')];
      const ids = await until('both wait', () => {
        const calls = heard('on_play');
        return calls.length === 2 && calls.map(({ client_id }) => client_id);
      });
      assert.equal((await ask(ids[0], 'DELETE')).code, 0);
      await one.ends();
      assert.equal(two.closed, false);
      cast.publish(supervisor.url('live/kicked'));
      await until('media', () => two.media().length > 0);
      const client = await until('it is shown', async () => (await ask(ids[1], 'GET')).client);
      assert.deepEqual([client.id, client.name, client.ip], [ids[1], 'kicked', ip]);
      assert.equal((await ask(ids[1], 'DELETE')).code, 0);
      await two.ends();
    });

    it('are let in by the user’s word alone', async () => {
      user.replies.set('on_play', says(200, '{"code":403}'));
      const refused = await player('secret');
      await refused.ends();
      assert.equal(refused.codes().at(-1), 'NetStream.Play.Start');
      user.replies.set('on_connect', says(200, '1'));
      const stranger = await player('secret');
      await stranger.ends();
      assert.deepEqual(stranger.codes(), ['NetConnection.Connect.Success']);
      await until('both have closed', () => heard('on_close').length === 2);
      assert.equal(heard('on_stop').length, 0);
    });

    it('close their stream and play another one', async () => {
      cast.publish(supervisor.url('live/there'));
      await supervisor.ownerOf('live/there');
      const client = await player('absent');
      await until('it waits', () => heard('on_play', 'absent').length === 1);
      client.command('closeStream');
      client.command('play', null, 'there');
      await until('media', () => client.media().length > 0);
      await until('on_stop', () => heard('on_stop', 'absent').length === 1);
      assert.equal((await status()).heldPlayers, 0);
    });

    it('cost no child anything, and all get the stream when it comes', async () => {
      const pids = (await supervisor.children()).map(({ pid }) => pid);
      const absent: RtmpClient[] = [];
      for (let i = 0; i < MANY; i += 1) absent.push(await player(`absent${i}`));
      await held(MANY);
      await until('no child knows of it', () => isFree('absent'));
      for (const client of absent) client.close();
      await held(0);
      const crowd: RtmpClient[] = [];
      for (let i = 0; i < MANY; i += 1) crowd.push(await player('crowd'));
      await held(MANY);
      cast.publish(supervisor.url('live/crowd'));
      for (const client of crowd) {
        const what = () => `media, heard ${client.codes()}\n${supervisor.output.slice(-3000)}`;
        await until(what, () => client.media().length > 0 || client.closed);
        client.close();
      }
      const without = crowd.filter((client) => client.media().length === 0);
      assert.equal(without.length, 0, supervisor.output.slice(-2000));
      const after = await supervisor.children();
      assert.deepEqual(
        after.map(({ pid }) => pid),
        pids,
      );
      assert.ok(after.every(({ restarts }) => restarts === 0));
    });
  });

  it(`a player that waits on one box is one client to hooks on the other, ${origin.name}`, async (t) => {
    const user = await UserHooks.start();
    t.after(() => user.close());
    const names = ACTIONS.map((action) => `SRS_SUPERVISOR_HOOKS_${action.toUpperCase()}`);
    const hooks = Object.fromEntries(names.map((name) => [name, user.url]));
    const hls = {
      SRS_SUPERVISOR_HLS_FRAGMENT_SECONDS: '1',
      SRS_SUPERVISOR_HLS_WINDOW_SECONDS: '10',
      SRS_SUPERVISOR_HTTP_WAIT_SECONDS: '30',
    };
    const env = { ...hooks, ...hls };
    const cluster = await Cluster.start({ origin: origin.path, children: 1, env });
    t.after(() => cluster.dispose());
    const cast = new Cast();
    t.after(() => cast.close());
    const ip = '127.0.78.1';
    const heard = () => user.calls.map(({ body }) => body).filter((body) => body.ip === ip);
    const { supervisor } = cluster.a;
    const player = await RtmpClient.open(supervisor.rtmpPort, ip);
    t.after(() => player.close());
    player.play(supervisor.url('live'), 'far');
    await until('it waits', () => heard().length === 2);
    const viewer = fetch(httpUrl(cluster.a, 'live/far.m3u8?a=1'));
    const viewerHeard = () => user.of('on_play', 'far.m3u8');
    await until('a viewer waits, too', () => viewerHeard().length === 1);
    cast.publish(cluster.b.supervisor.url('live/far'));
    await until('media', () => player.media().length > 0);
    const answer = await viewer;
    const session = `hls_ctx=${viewerHeard()[0]?.client_id}&a=1`;
    assert.deepEqual([answer.status, (await answer.text()).includes(session)], [200, true]);
    assert.equal(viewerHeard().length, 1);
    player.close();
    await until('it has closed', () => heard().some(({ action }) => action === 'on_close'));
    assert.deepEqual(
      heard().map(({ action }) => action),
      ['on_connect', 'on_play', 'on_stop', 'on_close'],
    );
    assert.equal(new Set(heard().map(({ client_id }) => client_id)).size, 1);
  });
}
