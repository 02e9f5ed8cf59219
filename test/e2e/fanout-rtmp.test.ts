import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { after, afterEach, before, describe, it } from 'node:test';
import type { FanoutRow } from '../../src/listener/stream-feeds.js';
import { Cast } from '../helpers/cast.js';
import { origins } from '../helpers/origins.js';
import { CLIP } from '../helpers/paths.js';
import { freePort } from '../helpers/ports.js';
import { fingerprintsOf, type RtmpPlayer } from '../helpers/rtmp-player.js';
import { RunningSupervisor } from '../helpers/supervisor.js';
import { BOUNDED, until } from '../helpers/until.js';
import { says, UserHooks } from '../hooks/hook-server.js';

const STREAM = 'live/cam';
/** Messages of about one second. */
const MESSAGES = 65;
const FRAMES = 25;
const CROWD = 60;
const AT_ONCE = 20;

interface ClientRow {
  readonly id: string;
  readonly type: string;
  readonly ip: string;
  readonly child: string | null;
  readonly send_bytes: number;
}

/** Asserts that a player got what another one got meanwhile, without a gap. */
function assertPartOf({ received }: RtmpPlayer, { received: whole }: RtmpPlayer): void {
  const [audio = '', video = '', ...frames] = received;
  assert.deepEqual([audio, video].sort(), whole.slice(0, 2).sort());
  const isAt = (start: number) => {
    const count = Math.min(frames.length, whole.length - start);
    const isSame = frames.slice(0, count).join() === whole.slice(start, start + count).join();
    return count >= MESSAGES / 2 && isSame;
  };
  assert.ok(
    whole.some((message, at) => at > 1 && message === frames[0] && isAt(at)),
    `${frames.length} messages of ${whole.length}`,
  );
}

for (const origin of origins()) {
  describe(`fan-out of RTMP on ${origin.name}`, BOUNDED, () => {
    const publishers = new Cast();
    const cast = new Cast();
    let user: UserHooks;
    let supervisor: RunningSupervisor;
    let api: number;

    before(async () => {
      user = await UserHooks.start();
      api = await freePort();
      const hook = `${user.url}/hooks`;
      supervisor = await RunningSupervisor.start({
        origin: origin.path,
        children: 2,
        ports: { api },
        env: {
          SRS_SUPERVISOR_FANOUT_MODE: 'auto',
          SRS_SUPERVISOR_FANOUT_FROM: '2',
          SRS_SUPERVISOR_HOOKS_ON_CONNECT: hook,
          SRS_SUPERVISOR_HOOKS_ON_CLOSE: hook,
          SRS_SUPERVISOR_HOOKS_ON_PLAY: hook,
          SRS_SUPERVISOR_HOOKS_ON_STOP: hook,
        },
      });
      publishers.publish(supervisor.url(STREAM));
      await supervisor.ownerOf(STREAM);
    });
    afterEach(async () => {
      await cast.close();
      const isGone = async () => !(await rows()).some(({ type }) => type === 'rtmp-play');
      await until('all players have left', isGone);
    });
    after(async () => {
      await cast.close();
      await publishers.close();
      await supervisor?.dispose();
      await user?.close();
    });

    const play = (query = '') => cast.play(`${supervisor.url(STREAM)}${query}`);

    const playAll = async (count: number) => {
      const players: RtmpPlayer[] = [];
      for (let at = 0; at < count; at += 1) players.push(await play());
      return players;
    };

    const have = (count: number, ...all: RtmpPlayer[]) =>
      until(
        () => `messages, not ${all.map(({ received }) => received.length)}\n${supervisor.output}`,
        () => all.every(({ received }) => received.length >= count),
      );

    const fanout = async () => {
      const [stream] = (await supervisor.streams()) as { readonly fanout?: FanoutRow }[];
      return stream?.fanout ?? { viewers: 0, feeds: 0, skipped: 0, ringBytes: 0 };
    };

    const rows = async (): Promise<ClientRow[]> => {
      const answer = await fetch(`http://127.0.0.1:${api}/api/v1/clients/?count=1000`);
      return ((await answer.json()) as { clients: ClientRow[] }).clients;
    };

    it('gives its viewers the messages that a player of the child gets', async () => {
      const { child } = await supervisor.ownerOf(STREAM);
      const port = (await supervisor.child(child)).ports.rtmp;
      const direct = await cast.play(`rtmp://127.0.0.1:${port}/${STREAM}`);
      await have(20, direct, await play());
      const others = await playAll(3);
      await have(MESSAGES, ...others);
      const { viewers, feeds, ringBytes } = await fanout();
      assert.deepEqual([viewers, feeds], [3, 1]);
      assert.ok(ringBytes > 10_000);
      for (const other of others) assertPartOf(other, direct);
      await cast.assertPlays(FRAMES, supervisor.url(STREAM));
    });

    it('are clients as any others: hooks, lists, counts and kicks', async () => {
      user.calls.length = 0;
      await have(5, await play());
      const kicked = await play('?token=b');
      const other = await play('?token=c');
      await have(5, kicked, other);
      const isOfB = ({ param }: Record<string, unknown>) => param === '?token=b';
      const { client_id: id } = user.of('on_play').find(isOfB) ?? {};
      const callsOfB = () =>
        user.calls.flatMap(({ body }) => (body.client_id === id ? [body.action] : []));
      assert.deepEqual(callsOfB(), ['on_connect', 'on_play']);
      const isShown = ({ id: own, send_bytes: bytes }: ClientRow) => own === id && bytes > 1000;
      await until('bytes are counted', async () => (await rows()).some(isShown));
      const players = (await rows()).filter(({ type }) => type === 'rtmp-play');
      assert.deepEqual(
        players.map(({ ip }) => ip),
        ['127.0.0.1', '127.0.0.1', '127.0.0.1'],
      );
      assert.equal(new Set(players.map(({ child }) => child)).size, 1);
      const [stream] = await supervisor.streams();
      assert.equal(stream?.clients, 4);

      const url = `http://127.0.0.1:${api}/api/v1/clients/${id}`;
      const kick = await fetch(url, { method: 'DELETE' });
      assert.equal(((await kick.json()) as { code: number }).code, 0);
      await kicked.ended;
      assert.ok(!other.hasEnded);
      await until('its end was told', () => callsOfB().includes('on_close'));
      assert.deepEqual(callsOfB(), ['on_connect', 'on_play', 'on_stop', 'on_close']);
      const { send_bytes: told = 0 } =
        user.of('on_close').find((call) => call.client_id === id) ?? {};
      assert.ok(Number(told) > 1000);
    });

    it('are let in by hooks, before the first message', async () => {
      await have(5, await play());
      user.replies.set('on_play', says(200, '1'));
      try {
        const refused = await play();
        await refused.ended;
        assert.deepEqual(refused.received, []);
      } finally {
        user.replies.delete('on_play');
      }
    });

    it('lets a crowd come and go, with every message right and nothing left behind', async () => {
      const watch = await play();
      await have(5, watch);
      const descriptors = () => readdirSync(`/proc/${supervisor.pid}/fd`).length;
      const before = descriptors();
      const gone: RtmpPlayer[] = [];
      for (let batch = 0; batch < CROWD / AT_ONCE; batch += 1) {
        const crowd = await Promise.all(Array.from({ length: AT_ONCE }, () => play()));
        await have(30, ...crowd);
        for (const player of crowd) void player.close();
        gone.push(...crowd);
      }
      const pairsIn = ({ received }: RtmpPlayer, from: number) =>
        received.slice(from).map((message, at) => `${received[at + from - 1]} ${message}`);
      const pairs = gone.flatMap((player) => pairsIn(player, 3));
      await until('the first one has got all that, in that order', () => {
        const known = new Set(pairsIn(watch, 1));
        return pairs.every((pair) => known.has(pair));
      });
      await until(
        'all is closed',
        async () => (await fanout()).feeds === 0 && descriptors() <= before,
      );
    });

    it('stay when their publisher leaves, and play the next one', async () => {
      const all = await playAll(4);
      await have(5, ...all);
      assert.equal((await fanout()).viewers, 3);
      await publishers.close();
      const isFree = async () => !(await supervisor.streams()).some(({ publishing }) => publishing);
      await until('it has left', isFree);
      const late = await play();
      publishers.publish(supervisor.url(STREAM));
      const had = all.map(({ received }) => received.length);
      await until('they play on', () =>
        all.every(({ received }, at) => received.length > (had[at] ?? 0) + MESSAGES),
      );
      await have(MESSAGES, late);
      assert.ok(all.every(({ hasEnded }) => !hasEnded));
      await until('the late one shares', async () => (await fanout()).viewers === 4);
      // Behind two headers it has the beginning of the clip, and nothing of the publication before.
      const clip = await fingerprintsOf(CLIP);
      const first = clip.indexOf(late.received[2] ?? '');
      assert.ok(first >= 0 && first < 10, `${first}`);
    });

    it('end with their child', async () => {
      const all = await playAll(3);
      await have(5, ...all);
      const { child } = await supervisor.ownerOf(STREAM);
      process.kill((await supervisor.child(child)).pid ?? 0, 'SIGKILL');
      await Promise.all(all.map(({ ended }) => ended));
      await until('nothing is shared', async () => (await fanout()).feeds === 0);
    });
  });
}
