import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, afterEach, before, describe, it } from 'node:test';
import type { AdminStatus } from '../../src/admin/types.js';
import type { FanoutRow } from '../../src/listener/stream-feeds.js';
import { NO_CHROMIUM } from '../helpers/browser.js';
import { Cast } from '../helpers/cast.js';
import { assertPlaysHls } from '../helpers/hls-viewer.js';
import { assertDecoded, Ffmpeg } from '../helpers/media.js';
import { origins } from '../helpers/origins.js';
import { CLIP } from '../helpers/paths.js';
import { freePort } from '../helpers/ports.js';
import { publishPast } from '../helpers/publish-past.js';
import { RtcCast } from '../helpers/rtc-cast.js';
import { RunningSupervisor } from '../helpers/supervisor.js';
import { UnmanagedOrigin } from '../helpers/unmanaged-origin.js';
import { BOUNDED, until } from '../helpers/until.js';

const FRAMES = 30;

for (const origin of origins()) {
  describe(`in the Go proxy's place before two ${origin.name}`, BOUNDED, () => {
    let supervisor: RunningSupervisor;
    let ports: { http: number; api: number; rtc: number; srt: number };
    let files: string;
    const started: UnmanagedOrigin[] = [];
    const cast = new Cast();

    before(async () => {
      files = await mkdtemp(join(tmpdir(), 'srs-static-'));
      await mkdir(join(files, 'players'));
      await writeFile(join(files, 'players', 'page.html'), '<p>a page of ours</p>');
      const [http, api] = [await freePort(), await freePort()];
      ports = { http, api, rtc: await freePort(), srt: await freePort() };
      const env = {
        PROXY_STATIC_FILES: files,
        PROXY_DEFAULT_BACKEND_ENABLED: 'off',
        SRS_SUPERVISOR_FANOUT_MODE: 'auto',
        SRS_SUPERVISOR_FANOUT_FROM: '2',
      };
      supervisor = await RunningSupervisor.startAsGoProxy(ports, env);
      for (const listen of ['127.0.0.1:', '']) {
        const { adminPort } = supervisor;
        started.push(await UnmanagedOrigin.start({ origin, adminPort, listen }));
      }
      await supervisor.ready(2);
    });
    afterEach(() => cast.close());
    after(async () => {
      await Promise.all(started.map((one) => one.dispose()));
      await supervisor?.dispose();
      await rm(files, { recursive: true, force: true });
    });

    const web = (path: string) => `http://127.0.0.1:${ports.http}/${path}`;
    const api = async (path: string) =>
      (await (await fetch(`http://127.0.0.1:${ports.api}/api/v1/${path}`)).json()) as Record<
        string,
        Record<string, unknown>[]
      >;
    const ownerOf = async (stream: string) => {
      const { child } = await supervisor.ownerOf(stream);
      const row = await supervisor.child(child);
      const owner = started.find(({ ports: { rtmp } }) => rtmp === row.ports.rtmp);
      assert.ok(owner);
      return { row, owner, other: started.find((one) => one !== owner) ?? owner };
    };

    it('answers probes of the proxy’s system API', async () => {
      const url = `http://127.0.0.1:${supervisor.adminPort}/api/v1/versions`;
      const { code, data } = (await (await fetch(url)).json()) as Record<string, unknown>;
      assert.equal(code, 0);
      const versions = (await api('versions')).data;
      assert.deepEqual(data, versions);
    });

    it('starts no child, and has both origins for its own', async () => {
      const rows = await supervisor.children();
      assert.deepEqual(
        rows.map(({ id, managed, state, generation }) => ({ id, managed, state, generation })),
        ['o001', 'o002'].map((id) => ({ id, managed: false, state: 'ready', generation: 1 })),
      );
      assert.deepEqual(rows.map(({ pid }) => pid).sort(), started.map(({ pid }) => pid).sort());
    });

    it('takes itself for no origin', async () => {
      const url = `http://127.0.0.1:${supervisor.adminPort}/api/v1/srs/register`;
      const rtmp = [`127.0.0.1:${supervisor.rtmpPort}`];
      const beat = { ip: '127.0.0.1', server: 's', service: 's', pid: '1', rtmp };
      const answer = await fetch(url, { method: 'POST', body: JSON.stringify(beat) });
      assert.equal(answer.status, 400);
      assert.match(await answer.text(), /the supervisor's own RTMP port/);
    });

    it('publishes to them, and plays by RTMP, FLV and HLS', async () => {
      const streams = ['live/a', 'live/b'];
      for (const stream of streams) cast.publish(supervisor.url(stream));
      const owners = await Promise.all(streams.map((stream) => supervisor.ownerOf(stream)));
      assert.equal(new Set(owners.map(({ child }) => child)).size, 2);
      for (const stream of streams) {
        await cast.assertPlays(FRAMES, supervisor.url(stream), web(`${stream}.flv`));
        await assertPlaysHls(web(`${stream}.m3u8`));
      }
    });

    it('is an edge: many viewers share one connection to an origin', async () => {
      cast.publish(supervisor.url('live/edge'));
      await supervisor.ownerOf('live/edge');
      const players = Array.from({ length: 3 }, () => cast.playFrames(web('live/edge.flv'), 150));
      await until('two share', async () => {
        const rows = (await supervisor.streams()) as { readonly fanout?: FanoutRow }[];
        return rows.some(({ fanout }) => fanout?.viewers === 2 && fanout.feeds === 1);
      });
      for (const player of players) await assertDecoded(player, 150);
    });

    it('answers the API for both', async () => {
      for (const stream of ['live/a', 'live/b']) cast.publish(supervisor.url(stream));
      const { code, data } = await api('versions');
      assert.deepEqual([code, (data as unknown as { major: number }).major], [0, 7]);
      await until('both streams', async () => (await api('streams/')).streams?.length === 2);
      const clients = await until('both publishers', async () => {
        const rows = (await api('clients/')).clients?.filter(({ publish }) => publish) ?? [];
        return rows.length === 2 && rows;
      });
      assert.deepEqual(new Set(clients.map(({ child }) => child)), new Set(['o001', 'o002']));
    });

    it('shows the static files', async () => {
      assert.equal(await (await fetch(web('players/page.html'))).text(), '<p>a page of ours</p>');
    });

    it('holds RTMP players until somebody publishes, through it or past it', async () => {
      const [one] = started;
      const held = async () => (await supervisor.get<AdminStatus>('status')).heldPlayers;
      const clients = async () => (await supervisor.children()).map((child) => child.clients);
      const player = cast.playFrames(supervisor.url('live/through'), FRAMES);
      await until('it waits', async () => (await held()) === 1);
      assert.deepEqual(await clients(), [0, 0]);
      cast.publish(supervisor.url('live/through'));
      await assertDecoded(player, FRAMES);
      // This player is there before its publisher is.
      const direct = `rtmp://127.0.0.1:${one?.ports.rtmp}/live/past`;
      await publishPast(cast, direct, supervisor.url('live/past'));
    });

    it('knows what is published past it', async () => {
      const [one] = started;
      const direct = `rtmp://127.0.0.1:${one?.ports.rtmp}/live/direct`;
      await publishPast(cast, direct, supervisor.url('live/direct'));
      await cast.assertPlays(FRAMES, web('live/direct.flv'));
      const { owner } = await ownerOf('live/direct');
      assert.equal(owner, one);
      await cast.assertPlays(FRAMES, supervisor.url('live/direct'));
      await cast.close();
      await until('it ends', async () =>
        (await supervisor.streams()).every(({ publishing }) => !publishing),
      );
    });

    it('takes a stream elsewhere at once when its origin dies, and the origin back', async () => {
      cast.publish(supervisor.url('live/moves'));
      const first = await ownerOf('live/moves');
      await cast.assertPlays(FRAMES, web('live/moves.flv'));
      await first.owner.kill();
      cast.publish(supervisor.url('live/moves'));
      await cast.assertPlays(FRAMES, web('live/moves.flv'), supervisor.url('live/moves'));
      const { owner } = await ownerOf('live/moves');
      assert.equal(owner, first.other);
      const gone = await supervisor.child(first.row.id);
      assert.deepEqual([gone.state, gone.pid], ['failed', null]);
      first.owner.restart();
      await supervisor.ready(2);
      const back = await supervisor.child(first.row.id);
      assert.deepEqual([back.generation, back.pid], [2, first.owner.pid]);
    });

    it('serves out of a default backend that sends no heartbeat', async () => {
      const [one] = started;
      const own = { http: await freePort(), api: await freePort() };
      const media = { rtc: await freePort(), srt: await freePort() };
      const second = await RunningSupervisor.startAsGoProxy(
        { ...own, ...media },
        {
          PROXY_DEFAULT_BACKEND_ENABLED: 'on',
          PROXY_DEFAULT_BACKEND_RTMP: `${one?.ports.rtmp}`,
          PROXY_DEFAULT_BACKEND_HTTP: `${one?.ports.http}`,
          PROXY_DEFAULT_BACKEND_API: `${one?.ports.api}`,
        },
      );
      try {
        assert.equal((await second.child('o001')).pid, one?.pid);
        cast.publish(second.url('live/backend'));
        const flv = `http://127.0.0.1:${own.http}/live/backend.flv`;
        await cast.assertPlays(FRAMES, flv, second.url('live/backend'));
      } finally {
        await second.dispose();
      }
    });

    it('carries SRT', { skip: origin.name === 'mini-srs' }, async () => {
      const srt = `srt://127.0.0.1:${ports.srt}?latency=300000&streamid=#!::r=live/srt`;
      const args = ['-re', '-stream_loop', '-1', '-i', CLIP, '-c', 'copy', '-f', 'mpegts'];
      const publisher = new Ffmpeg('ffmpeg', [...args, `${srt},m=publish`]);
      try {
        await cast.assertPlays(FRAMES, web('live/srt.flv'), `${srt},m=request`);
      } finally {
        await publisher.kill();
      }
    });

    it('carries WebRTC', { skip: NO_CHROMIUM }, async (t) => {
      const browsers = await RtcCast.openFor(t, `http://127.0.0.1:${ports.api}`);
      const [, publisher] = await browsers.start('publish', 'rtc');
      const [page, player] = await browsers.start('play', 'rtc');
      await browsers.sees(page);
      assert.equal(await browsers.remove(player), 200);
      assert.equal(await browsers.remove(publisher), 200);
    });
  });
}
