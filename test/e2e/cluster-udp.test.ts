import assert from 'node:assert/strict';
import { after, afterEach, before, describe, it } from 'node:test';
import { CONCLUSION, INDUCTION, parseHandshake } from '../../src/protocol/srt/handshake.js';
import { NO_CHROMIUM } from '../helpers/browser.js';
import { Cast } from '../helpers/cast.js';
import { apiUrl, Cluster, type ClusterBox } from '../helpers/cluster.js';
import { LossyHop } from '../helpers/lossy-hop.js';
import { assertDecoded, Ffmpeg, framesOf } from '../helpers/media.js';
import { origins } from '../helpers/origins.js';
import { CLIP } from '../helpers/paths.js';
import { RtcCast } from '../helpers/rtc-cast.js';
import { offerText } from '../helpers/sdp.js';
import { SrtCaller } from '../helpers/srt-caller.js';
import { BOUNDED, until } from '../helpers/until.js';

const FRAMES = 50;
/** Type of an SRT handshake that rejects a caller as in conflict. */
const CONFLICT = 2409;
/** So many take longer than an SRT peer waits for a sign of life. */
const LONG = 400;

/** The way of a balancer that changes its mind after a caller's first packets. */
function asksOneTellsAnother({ b, c }: Cluster) {
  return (packet: Buffer) => {
    const parsed = parseHandshake(packet);
    const { host: ip, srt: port } =
      parsed.kind === 'value' && parsed.value.type === INDUCTION ? c : b;
    return { ip, port };
  };
}

for (const origin of origins()) {
  describe(`WebRTC and SRT across boxes on ${origin.name}`, BOUNDED, () => {
    let cluster: Cluster;
    const cast = new Cast();
    const NO_SRT = origin.name === 'mini-srs' && 'mini-srs speaks no SRT';

    before(async () => {
      cluster = await Cluster.start({ origin: origin.path, children: 1, boxes: 3 });
    });
    afterEach(() => cast.close());
    after(() => cluster?.dispose());

    it('plays by WHEP on one box what is published by WHIP on the other', {
      skip: NO_CHROMIUM,
    }, async (t) => {
      const near = await RtcCast.openFor(t, apiUrl(cluster.a));
      const far = await RtcCast.openFor(t, apiUrl(cluster.b));
      const [, published] = await near.start('publish', 'rtc');
      const [page, played] = await far.start('play', 'rtc');
      await far.sees(page);
      const rows = await cluster.a.supervisor.connections();
      const player = rows.find(({ role }) => role === 'play');
      assert.match(player?.client ?? '', /^127\.0\.0\.[123]:/);
      assert.equal(await far.remove(played), 200);
      assert.equal(await near.remove(published), 200);
    });

    it('finds the box of sessions whose media, and DELETE, come to a third one', {
      skip: NO_CHROMIUM,
    }, async (t) => {
      const { a, b, c } = cluster;
      const elsewhere = `eip=${c.host}:${c.rtc}`;
      const near = await RtcCast.openFor(t, apiUrl(a));
      const far = await RtcCast.openFor(t, apiUrl(b));
      const [, published] = await near.start('publish', `third&${elsewhere}`);
      const [page, played] = await far.start('play', `third&${elsewhere}`);
      await far.sees(page);
      await until('by the third', async () => (await page.state()).remote?.address === c.host);
      const passing = (await c.supervisor.connections()).filter(({ bytesIn }) => bytesIn > 0);
      assert.ok(passing.length >= 2);
      for (const { location } of [played, published]) {
        const url = new URL(location ?? '', apiUrl(c));
        assert.equal((await fetch(url, { method: 'DELETE' })).status, 200);
      }
      for (const { supervisor } of [a, b]) {
        const rows = await supervisor.connections();
        assert.deepEqual(
          rows.filter(({ stream }) => stream?.endsWith('/third')),
          [],
        );
      }
    });

    it('lets one box publish by WHIP at a time, and the next as soon as that has gone', {
      skip: NO_CHROMIUM,
    }, async (t) => {
      const near = await RtcCast.openFor(t, apiUrl(cluster.a));
      const far = await RtcCast.openFor(t, apiUrl(cluster.b));
      const [, first] = await near.start('publish', 'turns');
      const second = await (await far.page()).start(far.url('publish', 'turns'), 'publish');
      assert.equal(second.status, 409, second.body);
      assert.equal(await near.remove(first), 200);
      const [, third] = await far.start('publish', 'turns');
      const [page] = await near.start('play', 'turns');
      await near.sees(page);
      assert.equal(await far.remove(third), 200);
    });

    it('gives a WHIP publisher on one box the stream of a silent one on another', async () => {
      const { a, b, c } = cluster;
      const offer = async (box: ClusterBox) => {
        const url = `${apiUrl(box)}/rtc/v1/whip/?app=live&stream=quiet`;
        const headers = { 'Content-Type': 'application/sdp' };
        const body = offerText('sendonly');
        return (await fetch(url, { method: 'POST', headers, body })).status;
      };
      const old = await cast.hold(a.supervisor.url('live/quiet'));
      await a.supervisor.ownerOf('live/quiet');
      assert.equal(await offer(b), 201);
      await old.closed;
      // That one sends no media, either.
      assert.equal(await offer(c), 201);
    });

    it('gives an SRT caller of one box the stream of a silent publisher on another', {
      skip: NO_SRT,
    }, async (t) => {
      const { a, b, c } = cluster;
      const callers = await Promise.all(
        [b, c].map(async ({ host, srt }) => {
          const caller = await new SrtCaller().open(host);
          t.after(() => caller.close());
          return Object.assign(caller, { host, target: srt });
        }),
      );
      const [near, far] = callers as [SrtCaller, SrtCaller];
      const old = await cast.hold(a.supervisor.url('live/called'));
      await a.supervisor.ownerOf('live/called');
      const accepted = await near.call(1, '#!::r=live/called,m=publish');
      assert.equal(accepted.type, CONCLUSION);
      await old.closed;
      cast.publish(a.supervisor.url('live/lively'));
      await a.supervisor.ownerOf('live/lively');
      const refused = await far.call(1, '#!::r=live/lively,m=publish');
      assert.equal(refused.type, CONFLICT);
    });

    it('plays by SRT on one box what is published on another, by way of a third or not', {
      skip: NO_SRT,
    }, async (t) => {
      const stream = 'live/srt';
      const url = ({ host, srt }: ClusterBox, mode: string) =>
        `srt://${host}:${srt}?streamid=#!::r=${stream},m=${mode}`;
      // SRS sends by SRT only what has come by SRT.
      const source = ['-re', '-stream_loop', '-1', '-i', CLIP, '-c', 'copy', '-f', 'mpegts'];
      const publisher = new Ffmpeg('ffmpeg', [...source, url(cluster.a, 'publish')]);
      t.after(() => publisher.kill());
      // A player that comes to SRS before its publisher's media may never get any.
      await until('media of the publisher', async () => {
        const rows = await cluster.a.supervisor.connections();
        return rows.some(({ role, bytesIn }) => role === 'publish' && bytesIn > 50_000);
      });
      const hop = await new LossyHop({}).open(asksOneTellsAnother(cluster));
      t.after(() => hop.close());
      const split = { ...cluster.b, host: '127.0.0.1', srt: hop.port };
      for (const box of [cluster.b, split]) {
        await cast.assertPlays(FRAMES, url(box, 'request'));
      }
      let way = cluster.b;
      const balancer = await new LossyHop({}).open(() => ({ ip: way.host, port: way.srt }));
      t.after(() => balancer.close());
      const behind = { ...cluster.b, host: '127.0.0.1', srt: balancer.port };
      const player = cast.playFrames(url(behind, 'request'), LONG);
      await until('pictures', () => framesOf(player) > FRAMES);
      way = cluster.c;
      await until('both ways lead by the third box', async () => {
        const rows = await cluster.c.supervisor.connections();
        return rows.some(({ bytesIn, bytesOut }) => bytesIn > 0 && bytesOut > 0);
      });
      await assertDecoded(player, LONG);
    });
  });
}
