import assert from 'node:assert/strict';
import { after, afterEach, before, describe, it } from 'node:test';
import { signal } from '../../src/child/process.js';
import { Browser, CHROMIUM } from '../helpers/browser.js';
import { origins } from '../helpers/origins.js';
import { freePort } from '../helpers/ports.js';
import { type Posted, RtcPage } from '../helpers/rtc-page.js';
import { RunningSupervisor } from '../helpers/supervisor.js';
import { BOUNDED, until } from '../helpers/until.js';

const STREAMS = ['s1', 's2', 's3', 's4', 's5', 's6'];
/** A second of the fake camera, and more. */
const FRAMES = 20;

for (const origin of origins()) {
  const skip = CHROMIUM === null && 'no Chromium on this machine';
  describe(`WebRTC on ${origin.name}`, { ...BOUNDED, skip }, () => {
    let supervisor: RunningSupervisor;
    let browser: Browser;
    let api = '';
    const pages: RtcPage[] = [];

    before(async () => {
      const ports = { api: await freePort(), rtc: await freePort() };
      api = `http://127.0.0.1:${ports.api}`;
      supervisor = await RunningSupervisor.start({ origin: origin.path, children: 3, ports });
      browser = await Browser.open();
    });
    afterEach(async () => {
      for (const { page } of pages.splice(0)) if (!page.isClosed()) await page.close();
    });
    after(async () => {
      await browser?.close();
      await supervisor?.dispose();
    });

    async function start(role: 'publish' | 'play', stream: string): Promise<[RtcPage, Posted]> {
      const page = await RtcPage.on(await browser.page(api));
      pages.push(page);
      const endpoint = role === 'publish' ? 'whip' : 'whep';
      const posted = await page.start(`${api}/rtc/v1/${endpoint}/?app=live&stream=${stream}`, role);
      assert.equal(posted.status, 201, posted.body);
      return [page, posted];
    }

    /** Frames that this page decodes from now on. */
    async function sees(page: RtcPage): Promise<void> {
      const { framesDecoded: had } = await page.state();
      const what = async () => JSON.stringify(await page.state());
      await until('pictures', async () => (await page.state()).framesDecoded > had + FRAMES).catch(
        async (error: unknown) => {
          throw new Error(`${String(error)}: ${await what()}\n${supervisor.output}`);
        },
      );
    }

    async function remove({ location }: Posted): Promise<number> {
      const { status } = await fetch(new URL(location ?? '', api), { method: 'DELETE' });
      return status;
    }

    const rtcRows = async () =>
      (await supervisor.connections()).filter(({ stream }) => stream !== null);

    it('carries six browsers’ cameras over three children to their players', async () => {
      await supervisor.calm();
      const publishers: Posted[] = [];
      for (const stream of STREAMS) publishers.push((await start('publish', stream))[1]);
      assert.equal(new Set((await rtcRows()).map(({ child }) => child)).size, 3);
      // One after the other: what decodes twelve pictures at a time is another test.
      for (const stream of STREAMS) {
        const [page, posted] = await start('play', stream);
        await sees(page);
        assert.equal(await remove(posted), 200);
        await page.page.close();
      }
      assert.equal((await rtcRows()).length, STREAMS.length);
      for (const posted of publishers) assert.equal(await remove(posted), 200);
      assert.deepEqual(await rtcRows(), []);
    });

    it('lets a name be published again as soon as its publisher has gone', async () => {
      const [, first] = await start('publish', 'again');
      const page = await RtcPage.on(await browser.page(api));
      pages.push(page);
      const second = await page.start(`${api}/rtc/v1/whip/?app=live&stream=again`, 'publish');
      assert.equal(second.status, 409, second.body);
      assert.match(second.body, /published already/);
      assert.equal(await remove(first), 200);
      const [, third] = await start('publish', 'again');
      assert.equal(await remove(third), 200);
    });

    it('ends a session with its page', async () => {
      const [publisher] = await start('publish', 'bye');
      const [player] = await start('play', 'bye');
      await sees(player);
      await publisher.close();
      await player.close();
      await until('no session', async () => (await rtcRows()).length === 0);
    });

    it('ends a child’s sessions when it dies, and serves its stream elsewhere at once', async () => {
      await start('publish', 'crash');
      const [player] = await start('play', 'crash');
      await sees(player);
      const { child } = await supervisor.ownerOf('live/crash');
      const { pid } = await supervisor.child(child);
      signal(pid ?? 0, 'SIGKILL');
      await until('no session', async () => (await rtcRows()).length === 0);
      const [, posted] = await start('publish', 'crash');
      const [again] = await start('play', 'crash');
      await sees(again);
      await until(
        'the first pages notice',
        async () => (await player.state()).state !== 'connected',
      );
      assert.equal(await remove(posted), 200);
    });
  });
}
