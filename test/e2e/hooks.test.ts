import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, afterEach, before, beforeEach, describe, it } from 'node:test';
import type { AdminStatus } from '../../src/admin/types.js';
import { Cast } from '../helpers/cast.js';
import { framesOf } from '../helpers/media.js';
import { origins } from '../helpers/origins.js';
import { RunningSupervisor } from '../helpers/supervisor.js';
import { BOUNDED, until } from '../helpers/until.js';
import { hangs, says, UserHooks } from '../hooks/hook-server.js';
import { TestOrigin } from '../origin/helpers.js';
import { RtmpClient } from '../origin/rtmp-client.js';

const ACTIONS = ['on_connect', 'on_publish', 'on_play', 'on_stop', 'on_unpublish', 'on_close'];
/** The clients of these tests come from here. */
const [PUBLISHER, PLAYER] = ['127.0.55.66', '127.0.77.88'];
const FRAMES = 25;
const [AAC_HEADER, AAC_FRAME] = [
  [0xaf, 0, 0x12, 0x10],
  [0xaf, 1, 0x21, 0x10, 0x04],
];
const TIMEOUT_SECONDS = 6;

/** The port that clients come to. */
interface Target {
  readonly port: number;
  readonly tcUrl: string;
}

/** A publisher and a player of one stream, who come and go; the user hears all of it. */
async function comeAndGo(user: UserHooks, { port, tcUrl }: Target, stream: string): Promise<void> {
  const publisher = await RtmpClient.open(port, PUBLISHER);
  publisher.publish(tcUrl, `${stream}?token=abc`);
  await until('on_publish', () => user.of('on_publish', stream).length === 1);
  const player = await RtmpClient.open(port, PLAYER);
  player.play(tcUrl, stream);
  await until('on_play', () => user.of('on_play', stream).length === 1);
  publisher.audio(0, AAC_HEADER);
  let time = 0;
  await until('the player is let in and hears something', () => {
    time += 40;
    publisher.audio(time, AAC_FRAME);
    return player.media().length > 0;
  });
  player.close();
  await until('on_stop', () => user.of('on_stop', stream).length === 1);
  publisher.close();
  await until('both have closed', () => user.of('on_close').length === 2);
}

/** A refused client may be told why, and SRS says `onFCPublish` of everybody. */
function isIn(client: RtmpClient): boolean {
  return client.said().some(([name, , , info]) => {
    const code = info && typeof info === 'object' ? Reflect.get(info, 'code') : undefined;
    return name === 'onStatus' && code === 'NetStream.Publish.Start';
  });
}

for (const origin of origins()) {
  describe(`hooks of ${origin.name}`, BOUNDED, () => {
    let user: UserHooks;
    let supervisor: RunningSupervisor;
    let target: Target;
    const cast = new Cast();
    const clients: RtmpClient[] = [];

    before(async () => {
      user = await UserHooks.start();
      const names = ACTIONS.map((action) => `SRS_SUPERVISOR_HOOKS_${action.toUpperCase()}`);
      const env = {
        ...Object.fromEntries(names.map((name) => [name, `${user.url}/hooks?x=1`])),
        SRS_SUPERVISOR_HOOKS_TIMEOUT_SECONDS: String(TIMEOUT_SECONDS),
        // The publishers send no media, and shall keep their streams.
        SRS_SUPERVISOR_PUBLISH_TAKEOVER: 'refuse',
      };
      supervisor = await RunningSupervisor.start({ origin: origin.path, children: 2, env });
      target = { port: supervisor.rtmpPort, tcUrl: supervisor.url('live') };
    });
    beforeEach(() => {
      user.calls.length = 0;
      user.replies.clear();
    });
    afterEach(async () => {
      for (const client of clients.splice(0)) client.close();
      await cast.close();
    });
    after(async () => {
      await supervisor?.dispose();
      await user?.close();
    });

    const isPublishing = async (stream: string) =>
      (await supervisor.streams()).some(
        (row) => row.stream === `__defaultVhost__/live/${stream}` && row.publishing,
      );
    const gone = (stream: string) =>
      until(`${stream} is published no more`, async () => !(await isPublishing(stream)));
    const publish = async (stream: string, to = target) => {
      const client = await RtmpClient.open(to.port, PUBLISHER);
      clients.push(client);
      client.publish(to.tcUrl, stream);
      return client;
    };
    /** Straight to a child's own port, as an ingest or a forward begins a stream in it. */
    const inside = async (id: string): Promise<Target> => {
      const { ports } = await supervisor.child(id);
      return { port: ports.rtmp, tcUrl: `rtmp://127.0.0.1:${ports.rtmp}/live` };
    };

    it('tell what SRS tells, with the true address, one server and the child', async () => {
      await comeAndGo(user, target, 'truth');
      const ours = user.calls.splice(0);
      const hooks = ACTIONS.map((action) => `${action} ${user.url};`).join(' ');
      const vhost = `http_hooks { enabled on; ${hooks} }`;
      const direct = await TestOrigin.start({ binary: origin.path, vhost });
      await comeAndGo(user, { port: direct.rtmp, tcUrl: direct.tcUrl }, 'truth');
      await direct.close();

      const { child } = await supervisor.ownerOf('live/truth', false);
      const id = (await readFile(join(supervisor.workDir, 'server.id'), 'utf8')).trim();
      for (const { url, body } of ours) {
        assert.equal(url, '/hooks?x=1');
        const [own] = user.of(String(body.action));
        assert.deepEqual(Object.keys(body), [...Object.keys(own ?? {}), 'child']);
        assert.deepEqual([body.child, body.server_id], [child, id]);
      }
      const addresses = ours.map(({ body }) => `${body.action} ${body.ip}`).sort();
      const both = ['on_close', 'on_connect'].flatMap((name) => [
        `${name} ${PUBLISHER}`,
        `${name} ${PLAYER}`,
      ]);
      const publishers = ['on_publish', 'on_unpublish'].map((name) => `${name} ${PUBLISHER}`);
      const players = ['on_play', 'on_stop'].map((name) => `${name} ${PLAYER}`);
      assert.deepEqual(addresses, [...both, ...publishers, ...players].sort());
    });

    it('let in, or refuse', async () => {
      const replies: [string, Parameters<UserHooks['replies']['set']>[1], boolean][] = [
        ['yes', says(200, '{"code":0}'), true],
        ['no', says(200, '1'), false],
        ['broken', says(500, '0'), false],
        ['text', says(200, 'welcome'), false],
        ['cut', (response) => response.destroy(), false],
      ];
      for (const [stream, reply, expected] of replies) {
        user.replies.set('on_publish', reply);
        const client = await publish(stream);
        await until(`${stream} is let in or closed`, () => isIn(client) || client.closed);
        assert.equal(isIn(client), expected, stream);
        assert.equal(await isPublishing(stream), expected, stream);
        client.close();
        await gone(stream);
      }
      user.replies.set('on_play', says(200, '{"code":403}'));
      const player = await RtmpClient.open(target.port, PLAYER);
      clients.push(player);
      player.play(target.tcUrl, 'yes');
      await player.ends();
      const { hooks } = await supervisor.get<AdminStatus>('status');
      assert.deepEqual([hooks.on_publish?.refused, hooks.on_publish?.failed], [1, 3]);
      assert.equal(hooks.on_play?.refused, 1);
    });

    it('that hang keep nobody else from publishing and playing', async () => {
      user.replies.set('on_publish', (response, call) => {
        if (call.body.stream !== 'hang') says(200, '0')(response, call);
      });
      const waiting = await publish('hang');
      await until('it hangs', () => user.of('on_publish', 'hang').length === 1);
      const other = cast.publish(supervisor.url('live/other'));
      const player = cast.playFrames(supervisor.url('live/other'), FRAMES);
      assert.equal(await player.ended, 0, player.errors);
      assert.equal(framesOf(player), FRAMES);
      assert.ok(other.isRunning);
      await waiting.ends();
      assert.equal(isIn(waiting), false);
      await gone('hang');
      const notices = ['on_unpublish', 'on_close'];
      for (const action of notices) user.replies.set(action, hangs);
      await other.kill();
      await gone('other');
      const again = await publish('other');
      await until('let in again', () => isIn(again));
    });

    it('take their time, and players still get the stream', async () => {
      // SRS looks every 3 s for sources to forget: the call lasts longer than that.
      user.replies.set('on_publish', (response, call) => {
        setTimeout(() => says(200, '0')(response, call), 4000);
      });
      cast.publish(supervisor.url('live/patient'));
      const player = cast.playFrames(supervisor.url('live/patient'), FRAMES);
      assert.equal(await player.ended, 0, player.errors);
      // Nobody is told of the player that kept the source.
      assert.equal(user.of('on_play', 'patient').length, 1);
    });

    it('follow one connection from name to name', async () => {
      const client = await RtmpClient.open(target.port, PUBLISHER);
      clients.push(client);
      client.publish(target.tcUrl, 'first');
      await until('let in', () => isIn(client));
      const { child } = await supervisor.ownerOf('live/first');
      client.command('FCUnpublish', null, 'first');
      await gone('first');
      client.command('releaseStream', null, 'second');
      client.command('FCPublish', null, 'second');
      client.command('createStream');
      client.command('publish', null, 'second', 'live');
      assert.equal((await supervisor.ownerOf('live/second')).child, child);
      await until('let in again', () => user.of('on_publish', 'second').length === 1);
      client.close();
      await gone('second');
      const told = user.calls.map(({ body }) => [body.action, body.stream, body.ip].join(' '));
      for (const stream of ['first', 'second']) {
        assert.ok(told.includes(`on_publish ${stream} ${PUBLISHER}`), told.join());
      }
    });

    it('make a stream known that begins inside a child', async () => {
      for (const id of ['c001', 'c002']) {
        const publisher = cast.publish(`${(await inside(id)).tcUrl}/${id}`);
        assert.equal((await supervisor.ownerOf(`live/${id}`)).child, id);
        const player = cast.playFrames(supervisor.url(`live/${id}`), FRAMES);
        assert.equal(await player.ended, 0, player.errors);
        await publisher.kill();
        await gone(id);
      }
    });

    it('give a stream one owner', async () => {
      const first = await publish('single');
      const { child } = await supervisor.ownerOf('live/single');
      const other = await inside(child === 'c001' ? 'c002' : 'c001');
      const second = await publish('single', other);
      await second.ends();
      assert.equal(isIn(second), false);
      assert.equal((await supervisor.ownerOf('live/single')).child, child);
      first.close();
      await gone('single');
      const third = await publish('single', other);
      await until('let in', () => isIn(third));
      assert.notEqual((await supervisor.ownerOf('live/single')).child, child);
    });

    it('know the end of a stream though a second publisher was turned away', async () => {
      const first = await publish('busy');
      await until('let in', () => isIn(first));
      const second = await publish('busy');
      await second.ends();
      assert.ok(!first.closed && (await isPublishing('busy')));
      first.close();
      await gone('busy');
    });

    it('refuse where the user’s server is away', async () => {
      await user.close();
      const client = await publish('away');
      await client.ends();
      assert.equal(isIn(client), false);
      await gone('away');
    });
  });
}
