import assert from 'node:assert/strict';
import { after, afterEach, before, describe, it } from 'node:test';
import { NO_CHROMIUM } from '../helpers/browser.js';
import { Cast } from '../helpers/cast.js';
import { framesOf } from '../helpers/media.js';
import { origins } from '../helpers/origins.js';
import { freePort } from '../helpers/ports.js';
import { RtcCast } from '../helpers/rtc-cast.js';
import { RunningSupervisor } from '../helpers/supervisor.js';
import { BOUNDED, until } from '../helpers/until.js';

const SRS = origins().find(({ name }) => name === 'srs');
const NO_SRS = SRS === undefined && 'no SRS on this machine';
const FRAMES = 25;

for (const origin of origins()) {
  describe(`WebRTC direct on ${origin.name}`, { ...BOUNDED, skip: NO_CHROMIUM }, () => {
    let supervisor: RunningSupervisor;
    let cast: RtcCast;

    before(async () => {
      const ports = { api: await freePort(), rtc: await freePort() };
      const env = { SRS_SUPERVISOR_RTC_MEDIA: 'direct' };
      supervisor = await RunningSupervisor.start({ origin: origin.path, children: 2, ports, env });
      cast = await RtcCast.open(`http://127.0.0.1:${ports.api}`);
    });
    after(async () => {
      await cast?.close();
      await supervisor?.dispose();
    });

    const rows = async () => (await supervisor.connections()).filter(({ role }) => role !== null);

    it('lets media go straight to the child, and knows when a session is over', async () => {
      const [, publisher] = await cast.start('publish', 'direct');
      const [player] = await cast.start('play', 'direct');
      await cast.sees(player);
      const { child } = await supervisor.ownerOf('live/direct');
      const { ports } = await supervisor.child(child);
      assert.equal((await player.state()).remote?.port, ports.rtc);
      assert.equal((await rows()).length, 2);
      assert.equal(await cast.remove(publisher), 200);
      await player.close();
      await until('no session', async () => (await rows()).length === 0);
    });
  });
}

describe('WebRTC and other protocols', { ...BOUNDED, skip: NO_CHROMIUM || NO_SRS }, () => {
  let supervisor: RunningSupervisor;
  let cast: RtcCast;
  let http = 0;
  let api = 0;
  const others = new Cast();

  before(async () => {
    http = await freePort();
    api = await freePort();
    const ports = { http, api, rtc: await freePort() };
    supervisor = await RunningSupervisor.start({ origin: SRS?.path ?? '', children: 2, ports });
    cast = await RtcCast.open(`http://127.0.0.1:${ports.api}`);
  });
  afterEach(async () => {
    await cast.closePages();
    await others.close();
  });
  after(async () => {
    await cast?.close();
    await supervisor?.dispose();
  });

  it('plays by WebRTC what RTMP publishes', async () => {
    others.publish(supervisor.url('live/in'));
    await supervisor.ownerOf('live/in');
    const [player] = await cast.start('play', 'in');
    await cast.sees(player);
  });

  const hasPicture = async (name: string) => {
    const answer = await fetch(`http://127.0.0.1:${api}/api/v1/streams/?count=100`);
    const { streams } = (await answer.json()) as { streams: { name: string; video: unknown }[] };
    return streams.some((one) => one.name === name && one.video !== null);
  };

  it('plays by HTTP-FLV what a browser publishes', async () => {
    // SRS looks every 3 s for sources to forget: this browser has yet to shake hands then.
    const [publisher] = await cast.start('publish', 'out', { waitMs: 3500 });
    await until('media', async () => (await publisher.state()).framesSent > FRAMES);
    // Who comes to SRS before the first picture gets sound alone, for as long as he stays.
    await until('SRS has a picture', () => hasPicture('out'));
    const player = others.playFrames(`http://127.0.0.1:${http}/live/out.flv`, FRAMES);
    assert.equal(await player.ended, 0, player.errors);
    assert.equal(framesOf(player), FRAMES);
  });

  it('carries media by TCP where UDP is blocked', async () => {
    await cast.start('publish', 'tcp', { transport: 'tcp' });
    const [player] = await cast.start('play', 'tcp', { transport: 'tcp' });
    await cast.sees(player);
    assert.equal((await player.state()).remote?.protocol, 'tcp');
  });
});
