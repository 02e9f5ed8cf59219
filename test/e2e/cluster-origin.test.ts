import assert from 'node:assert/strict';
import { after, afterEach, before, describe, it } from 'node:test';
import type { FanoutRow } from '../../src/listener/stream-feeds.js';
import { NO_CHROMIUM } from '../helpers/browser.js';
import { Cast } from '../helpers/cast.js';
import { apiUrl, Cluster, httpUrl, publishOn } from '../helpers/cluster.js';
import { assertPlaysHls } from '../helpers/hls-viewer.js';
import { assertDecoded } from '../helpers/media.js';
import { origins } from '../helpers/origins.js';
import { publishPast } from '../helpers/publish-past.js';
import { RtcCast } from '../helpers/rtc-cast.js';
import type { RtmpPlayer } from '../helpers/rtmp-player.js';
import { UnmanagedOrigin } from '../helpers/unmanaged-origin.js';
import { BOUNDED, until } from '../helpers/until.js';

const FRAMES = 30;

for (const origin of origins()) {
  describe(`an origin registered at one box, by way of another, on ${origin.name}`, BOUNDED, () => {
    let cluster: Cluster;
    let registered: UnmanagedOrigin;
    const cast = new Cast();

    before(async () => {
      const env = {
        SRS_SUPERVISOR_ORIGINS_FROM: '127.0.0.1',
        SRS_SUPERVISOR_FANOUT_MODE: 'auto',
        SRS_SUPERVISOR_FANOUT_FROM: '2',
      };
      cluster = await Cluster.start({ origin: origin.path, children: 1, env });
      const { adminPort } = cluster.a.supervisor;
      registered = await UnmanagedOrigin.start({ origin, adminPort, listen: '127.0.0.1:' });
      await cluster.a.supervisor.ready(2);
    });
    afterEach(() => cast.close());
    after(async () => {
      await registered?.dispose();
      await cluster?.dispose();
    });

    /** Straight to the origin: box A finds out by asking it. Returns a player at box B. */
    async function publish(name: string): Promise<RtmpPlayer> {
      const direct = `rtmp://127.0.0.1:${registered.ports.rtmp}/${name}`;
      const player = await publishPast(cast, direct, cluster.b.supervisor.url(name));
      assert.equal((await cluster.a.supervisor.ownerOf(name)).child, 'o001');
      return player;
    }

    it('plays by RTMP, HTTP-FLV and HLS', async () => {
      await publish('live/own');
      await cast.assertPlays(FRAMES, cluster.b.supervisor.url('live/own'));
      await cast.assertPlays(FRAMES, httpUrl(cluster.b, 'live/own.flv'));
      await assertPlaysHls(httpUrl(cluster.b, 'live/own.m3u8'));
    });

    it('has one connection for all viewers of a protocol on the other box', async () => {
      await (await publish('live/shared')).close();
      const { a, b } = cluster;
      const urls = [b.supervisor.url('live/shared'), httpUrl(b, 'live/shared.flv')];
      const players = [...urls, ...urls, ...urls].map((url) => cast.playFrames(url, 6 * FRAMES));
      await until('two viewers of each feed', async () => {
        const rows = (await b.supervisor.streams()) as { readonly fanout?: FanoutRow }[];
        return rows.some(({ fanout }) => fanout?.viewers === 4 && fanout.feeds === 2);
      });
      // The first viewer of each protocol has its own.
      await until('four connections for six viewers', async () => {
        const rows = await a.supervisor.connections();
        return rows.filter(({ role, child }) => role === 'play' && child === 'o001').length === 4;
      });
      for (const player of players) await assertDecoded(player, 6 * FRAMES);
    });

    const skip = origin.name === 'mini-srs' ? 'it makes no WebRTC of RTMP' : NO_CHROMIUM;
    it('plays by WHEP', { skip }, async (t) => {
      const browser = await RtcCast.openFor(t, apiUrl(cluster.b));
      await publish('live/rtc');
      const [page, played] = await browser.start('play', 'rtc');
      await browser.sees(page);
      assert.equal(await browser.remove(played), 200);
    });

    it('is left at once when it dies, and another box takes its streams', async () => {
      const player = await publish('live/moves');
      await registered.kill();
      await player.ended;
      await publishOn(cast, cluster.b, 'live/moves');
      await cast.assertPlays(FRAMES, httpUrl(cluster.a, 'live/moves.flv'));
    });
  });
}
