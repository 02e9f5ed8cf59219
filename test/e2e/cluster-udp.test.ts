import assert from 'node:assert/strict';
import { after, afterEach, before, describe, it } from 'node:test';
import { NO_CHROMIUM } from '../helpers/browser.js';
import { Cast } from '../helpers/cast.js';
import { Cluster, type ClusterBox } from '../helpers/cluster.js';
import { Ffmpeg, framesOf } from '../helpers/media.js';
import { origins } from '../helpers/origins.js';
import { CLIP } from '../helpers/paths.js';
import { RtcCast } from '../helpers/rtc-cast.js';
import { BOUNDED } from '../helpers/until.js';

const FRAMES = 50;

for (const origin of origins()) {
  describe(`WebRTC and SRT across two boxes on ${origin.name}`, BOUNDED, () => {
    let cluster: Cluster;
    const cast = new Cast();

    before(async () => {
      cluster = await Cluster.start({ origin: origin.path, children: 1 });
    });
    afterEach(() => cast.close());
    after(() => cluster?.dispose());

    it('plays by WHEP on one box what is published by WHIP on the other', {
      skip: NO_CHROMIUM,
    }, async (t) => {
      const near = await RtcCast.open(`http://${cluster.a.host}:${cluster.a.api}`);
      t.after(() => near.close());
      const far = await RtcCast.open(`http://${cluster.b.host}:${cluster.b.api}`);
      t.after(() => far.close());
      const [, published] = await near.start('publish', 'rtc');
      const [page, played] = await far.start('play', 'rtc');
      await far.sees(page);
      const rows = await cluster.a.supervisor.connections();
      const player = rows.find(({ role }) => role === 'play');
      assert.match(player?.client ?? '', /^127\.0\.0\.[123]:/);
      assert.equal(await far.remove(played), 200);
      assert.equal(await near.remove(published), 200);
    });

    it('plays by SRT on one box what is published on the other', {
      skip: origin.name === 'mini-srs',
    }, async (t) => {
      const stream = 'live/srt';
      const url = ({ host, srt }: ClusterBox, mode: string) =>
        `srt://${host}:${srt}?streamid=#!::r=${stream},m=${mode}`;
      // SRS sends by SRT only what has come by SRT.
      const source = ['-re', '-stream_loop', '-1', '-i', CLIP, '-c', 'copy', '-f', 'mpegts'];
      const publisher = new Ffmpeg('ffmpeg', [...source, url(cluster.a, 'publish')], true);
      t.after(() => publisher.kill());
      await cluster.a.supervisor.ownerOf(stream);
      const player = cast.playFrames(url(cluster.b, 'request'), FRAMES);
      assert.equal(await player.ended, 0, player.errors);
      assert.equal(framesOf(player), FRAMES);
    });
  });
}
