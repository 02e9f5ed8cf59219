import assert from 'node:assert/strict';
import { after, afterEach, before, describe, it } from 'node:test';
import { signal } from '../../src/child/process.js';
import { NO_CHROMIUM } from '../helpers/browser.js';
import { origins } from '../helpers/origins.js';
import { freePort } from '../helpers/ports.js';
import { RtcCast } from '../helpers/rtc-cast.js';
import type { Posted } from '../helpers/rtc-page.js';
import { RunningSupervisor } from '../helpers/supervisor.js';
import { BOUNDED, until } from '../helpers/until.js';

const STREAMS = ['s1', 's2', 's3', 's4', 's5', 's6'];
for (const origin of origins()) {
  describe(`WebRTC on ${origin.name}`, { ...BOUNDED, skip: NO_CHROMIUM }, () => {
    let supervisor: RunningSupervisor;
    let cast: RtcCast;

    before(async () => {
      const ports = { api: await freePort(), rtc: await freePort() };
      supervisor = await RunningSupervisor.start({ origin: origin.path, children: 3, ports });
      cast = await RtcCast.open(`http://127.0.0.1:${ports.api}`);
    });
    afterEach(() => cast.closePages());
    after(async () => {
      await cast?.close();
      await supervisor?.dispose();
    });

    const rtcRows = async () =>
      (await supervisor.connections()).filter(({ stream }) => stream !== null);

    it('carries six browsers’ cameras over three children to their players', async () => {
      await supervisor.calm();
      const publishers: Posted[] = [];
      for (const stream of STREAMS) {
        const [page, posted] = await cast.start('publish', stream);
        await cast.sends(page);
        publishers.push(posted);
      }
      assert.equal(new Set((await rtcRows()).map(({ child }) => child)).size, 3);
      // One after the other: what decodes twelve pictures at a time is another test.
      for (const stream of STREAMS) {
        const [page, posted] = await cast.start('play', stream);
        await cast.sees(page);
        assert.equal(await cast.remove(posted), 200);
        await page.page.close();
      }
      assert.equal((await rtcRows()).length, STREAMS.length);
      for (const posted of publishers) assert.equal(await cast.remove(posted), 200);
      assert.deepEqual(await rtcRows(), []);
      const ended = await until('a line for each session', () => {
        const lines = supervisor.output.split('\n').filter((line) => line.includes('"webrtc"'));
        const found = lines.filter((line) => line.includes('"connection ended"'));
        return found.length === 2 * STREAMS.length && found;
      });
      assert.match(ended[0] ?? '', /"bytesOut":[1-9].*"reason":"its client has deleted it"/);
    });

    it('lets a name be published again as soon as its publisher has gone', async () => {
      const [, first] = await cast.start('publish', 'again');
      const page = await cast.page();
      const second = await page.start(cast.url('publish', 'again'), 'publish');
      assert.equal(second.status, 409, second.body);
      assert.match(second.body, /published already/);
      assert.equal(await cast.remove(first), 200);
      const [, third] = await cast.start('publish', 'again');
      assert.equal(await cast.remove(third), 200);
    });

    it('ends a session with its page', async () => {
      const [publisher] = await cast.start('publish', 'bye');
      const [player] = await cast.start('play', 'bye');
      await cast.sees(player);
      await publisher.close();
      await player.close();
      await until('no session', async () => (await rtcRows()).length === 0);
    });

    it('ends a child’s sessions when it dies, and serves its stream elsewhere at once', async () => {
      await cast.start('publish', 'crash');
      const [player] = await cast.start('play', 'crash');
      await cast.sees(player);
      const { child } = await supervisor.ownerOf('live/crash');
      const { pid } = await supervisor.child(child);
      signal(pid ?? 0, 'SIGKILL');
      await until('no session', async () => (await rtcRows()).length === 0);
      const [, posted] = await cast.start('publish', 'crash');
      const [again] = await cast.start('play', 'crash');
      await cast.sees(again);
      await until(
        'the first pages notice',
        async () => (await player.state()).state !== 'connected',
      );
      assert.equal(await cast.remove(posted), 200);
    });
  });
}
