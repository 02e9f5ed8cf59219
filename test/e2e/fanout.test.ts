import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { after, afterEach, before, describe, it } from 'node:test';
import type { FanoutRow } from '../../src/listener/stream-feeds.js';
import { Browser, NO_CHROMIUM } from '../helpers/browser.js';
import { Cast } from '../helpers/cast.js';
import { FlvPlayer } from '../helpers/flv-player.js';
import { origins } from '../helpers/origins.js';
import { PlayerPage } from '../helpers/player-page.js';
import { freePort } from '../helpers/ports.js';
import { RunningSupervisor } from '../helpers/supervisor.js';
import { BOUNDED, until } from '../helpers/until.js';
import { UserHooks } from '../hooks/hook-server.js';

const PATH = '/live/cam.flv';
/** Tags of about two seconds. */
const TAGS = 130;
/** Two seconds of the clip. */
const FRAMES = 50;
const CROWD = 200;
const AT_ONCE = 40;

interface ClientRow {
  readonly id: string;
  readonly type: string;
  readonly ip: string;
  readonly child: string | null;
  readonly send_bytes: number;
}

interface StreamRow {
  readonly clients: number;
  readonly audio: object | null;
  readonly video: object | null;
}

/** Asserts that a player got what another one got meanwhile, without a gap. */
function assertPartOf(part: FlvPlayer, whole: FlvPlayer): void {
  assert.equal(part.fault, '');
  const [audio = '', video = '', ...frames] = part.tags;
  assert.deepEqual([audio, video].sort(), whole.tags.slice(0, 2).sort());
  const starts = whole.tags.flatMap((tag, at) => (at > 1 && tag === frames[0] ? [at] : []));
  const isAt = (start: number) => {
    const count = Math.min(frames.length, whole.tags.length - start);
    return (
      count >= TAGS / 2 &&
      frames.slice(0, count).join() === whole.tags.slice(start, start + count).join()
    );
  };
  assert.ok(starts.some(isAt), `${frames.length} tags, ${starts.length} places`);
}

for (const origin of origins()) {
  describe(`fan-out on ${origin.name}`, BOUNDED, () => {
    const cast = new Cast();
    const players = new Set<FlvPlayer>();
    let user: UserHooks;
    let supervisor: RunningSupervisor;
    let http: number;
    let api: number;

    before(async () => {
      user = await UserHooks.start();
      [http, api] = [await freePort(), await freePort()];
      supervisor = await RunningSupervisor.start({
        origin: origin.path,
        children: 2,
        ports: { http, api },
        env: {
          SRS_SUPERVISOR_FANOUT_MODE: 'auto',
          SRS_SUPERVISOR_FANOUT_FROM: '2',
          SRS_SUPERVISOR_HTTP_WAIT_SECONDS: '30',
          SRS_SUPERVISOR_HOOKS_ON_PLAY: `${user.url}/hooks`,
          SRS_SUPERVISOR_HOOKS_ON_STOP: `${user.url}/hooks`,
        },
      });
      cast.publish(supervisor.url('live/cam'));
      await supervisor.ownerOf('live/cam');
      // The FLV header that the child sends names only the tracks that it knows by then.
      await until('the child knows both tracks', async () => {
        const [stream] = await streamRows();
        return Boolean(stream?.audio && stream.video);
      });
    });
    afterEach(async () => {
      for (const player of players) player.close();
      players.clear();
      const isGone = async () => !(await rows()).some(({ type }) => type === 'flv-play');
      await until('all players have left', isGone);
    });
    after(async () => {
      await cast.close();
      await supervisor?.dispose();
      await user?.close();
    });

    function play(port = http, path = PATH): FlvPlayer {
      const player = new FlvPlayer(port, path);
      players.add(player);
      return player;
    }

    const plays = (count: number, ...all: FlvPlayer[]) =>
      until(
        () =>
          `tags, not ${all.map(({ tags, status }) => `${status} ${tags.length}`)}\n${supervisor.output}`,
        () => all.every(({ tags }) => tags.length >= count),
      );

    const fanout = async () => {
      const [stream] = (await supervisor.streams()) as { readonly fanout?: FanoutRow }[];
      return stream?.fanout ?? { viewers: 0, feeds: 0, skipped: 0, ringBytes: 0 };
    };

    const rows = async (): Promise<ClientRow[]> => {
      const answer = await fetch(`http://127.0.0.1:${api}/api/v1/clients/?count=1000`);
      return ((await answer.json()) as { clients: ClientRow[] }).clients;
    };

    const streamRows = async (): Promise<StreamRow[]> => {
      const answer = await fetch(`http://127.0.0.1:${api}/api/v1/streams/`);
      return ((await answer.json()) as { streams: StreamRow[] }).streams;
    };

    const clientsOfStream = async () => (await streamRows())[0]?.clients;

    it('gives its viewers the tags that a viewer of the child gets', async () => {
      const { child } = await supervisor.ownerOf('live/cam');
      const direct = play((await supervisor.child(child)).ports.http);
      const first = play();
      await plays(20, direct, first);
      const others = [play(), play(), play()];
      await plays(TAGS, ...others);
      const { viewers, feeds, ringBytes } = await fanout();
      assert.deepEqual([viewers, feeds], [3, 1]);
      assert.ok(ringBytes > 10_000);
      const metrics = await fetch(`http://${supervisor.host}:${supervisor.adminPort}/metrics`);
      assert.match(await metrics.text(), /^srs_supervisor_fanout_viewers 3\n(.*\n){2}.*_feeds 1$/m);
      for (const other of others) {
        assert.equal(other.header, direct.header);
        assert.deepEqual(other.scripts, direct.scripts);
        assertPartOf(other, direct);
        const [time = 0] = other.times;
        assert.ok(other.times.every((one) => Math.abs(one - time) < 60_000));
      }
      const [, , frame = 0] = others[0]!.times;
      assert.equal(others[0]!.times[0], frame);
    });

    it('are clients as any others: hooks, lists, counts and kicks', async () => {
      user.calls.length = 0;
      const first = play();
      await plays(5, first);
      const others = [play(http, `${PATH}?token=b`), play(http, `${PATH}?token=c`)];
      await plays(5, ...others);
      const isOf = (name: string) => (call: Record<string, unknown>) =>
        call.param === `?token=${name}`;
      const asked = user.of('on_play');
      assert.equal(asked.length, 3);
      const { client_id: id } = asked.find(isOf('b')) ?? {};
      await until('bytes are counted', async () =>
        (await rows()).some((row) => row.id === id && row.send_bytes > 0),
      );
      const viewers = (await rows()).filter(({ type }) => type === 'flv-play');
      assert.deepEqual(
        viewers.map(({ ip }) => ip),
        ['127.0.0.1', '127.0.0.1', '127.0.0.1'],
      );
      assert.equal(new Set(viewers.map(({ child }) => child)).size, 1);
      await until('the stream counts them', async () => (await clientsOfStream()) === 4);

      const kick = await fetch(`http://127.0.0.1:${api}/api/v1/clients/${id}`, {
        method: 'DELETE',
      });
      assert.equal(((await kick.json()) as { code: number }).code, 0);
      await until('it has ended', () => others[0]!.hasEnded);
      assert.ok(!others[1]!.hasEnded);
      await until('its end was told', () => user.of('on_stop').some(isOf('b')));
      await until('it is gone', async () => !(await rows()).some((row) => row.id === id));
    });

    it('lets a crowd come and go, with every tag right and nothing left behind', async () => {
      const watch = play();
      await plays(5, watch);
      const known = new Set<string>();
      const descriptors = () => readdirSync(`/proc/${supervisor.pid}/fd`).length;
      const before = descriptors();
      const gone: FlvPlayer[] = [];
      for (let batch = 0; batch < CROWD / AT_ONCE; batch += 1) {
        const crowd = Array.from({ length: AT_ONCE }, () => play());
        await plays(30, ...crowd);
        for (const player of crowd) player.close();
        gone.push(...crowd);
      }
      // The clip has six seconds.
      await until(
        'the clip was seen whole',
        () => (watch.times.at(-1) ?? 0) - (watch.times[0] ?? 0) > 7000,
      );
      for (const [at, tag] of watch.tags.entries()) known.add(`${watch.tags[at - 1]} ${tag}`);
      for (const { tags, fault } of gone) {
        assert.equal(fault, '');
        const pairs = tags.slice(3).map((tag, at) => `${tags[at + 2]} ${tag}`);
        assert.deepEqual(
          pairs.filter((pair) => !known.has(pair)),
          [],
        );
      }
      await until(
        'all is closed',
        async () => (await fanout()).feeds === 0 && descriptors() <= before,
      );
    });

    it('are decoded by ffmpeg, though their time begins late', async () => {
      const others = [play(), play()];
      await plays(TAGS, ...others);
      // Both, if a viewer of before was counted still.
      const { viewers } = await fanout();
      await cast.assertPlays(FRAMES, `http://127.0.0.1:${http}${PATH}`);
      await until('one has left', async () => (await fanout()).viewers === viewers);
    });

    it('play in a browser, though their time begins late', { skip: NO_CHROMIUM }, async () => {
      const others = [play(), play()];
      await plays(TAGS, ...others);
      const { viewers } = await fanout();
      const browser = await Browser.open();
      try {
        const url = `http://127.0.0.1:${http}/players/flv.html?app=live&stream=cam&autostart=true`;
        const page = await PlayerPage.open(browser, url);
        await page.advances(2);
        assert.equal((await fanout()).viewers, viewers + 1);
        assert.deepEqual(page.breaches, []);
      } finally {
        await browser.close();
      }
    });

    it('end with their publisher, and play the next one', async () => {
      const all = [play(), play(), play()];
      await plays(5, ...all);
      await cast.close();
      await until('all have ended', () => all.every(({ hasEnded }) => hasEnded));
      const waiting = [play(), play(), play()];
      cast.publish(supervisor.url('live/cam'));
      await plays(20, ...waiting);
      await until('they share', async () => (await fanout()).viewers >= 2);
    });

    it('end with their child', async () => {
      const all = [play(), play(), play()];
      await plays(5, ...all);
      const { child } = await supervisor.ownerOf('live/cam');
      process.kill((await supervisor.child(child)).pid ?? 0, 'SIGKILL');
      await until('all have ended', () => all.every(({ hasEnded }) => hasEnded));
      await until('nothing is shared', async () => (await fanout()).feeds === 0);
    });
  });
}
