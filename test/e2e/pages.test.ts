import assert from 'node:assert/strict';
import { after, afterEach, before, describe, it } from 'node:test';
import { Browser, NO_CHROMIUM } from '../helpers/browser.js';
import { Cast } from '../helpers/cast.js';
import { origins } from '../helpers/origins.js';
import { PlayerPage } from '../helpers/player-page.js';
import { freePort } from '../helpers/ports.js';
import { RunningSupervisor } from '../helpers/supervisor.js';
import { BOUNDED, until } from '../helpers/until.js';

const ENV = {
  SRS_SUPERVISOR_HLS_FRAGMENT_SECONDS: '2',
  SRS_SUPERVISOR_HLS_WINDOW_SECONDS: '6',
  SRS_SUPERVISOR_HTTP_WAIT_SECONDS: '1',
  SRS_SUPERVISOR_LOG_FORMAT: 'text',
};
/** Of video that has to be shown. */
const SECONDS = 2;

for (const origin of origins()) {
  describe(`player pages before ${origin.name}`, { ...BOUNDED, skip: NO_CHROMIUM }, () => {
    let browser: Browser;
    let supervisor: RunningSupervisor;
    let base: string;
    let pages: PlayerPage[] = [];
    const cast = new Cast();
    const open = async (path: string) => {
      const page = await PlayerPage.open(browser, base + path);
      pages.push(page);
      return page;
    };

    before(async () => {
      const [http, api, rtc] = [await freePort(), await freePort(), await freePort()];
      base = `http://127.0.0.1:${http}`;
      const options = { origin: origin.path, children: 2, ports: { http, api, rtc }, env: ENV };
      supervisor = await RunningSupervisor.start(options);
      browser = await Browser.open();
    });
    afterEach(async () => {
      const seen = pages;
      pages = [];
      await Promise.all([cast.close(), ...seen.map(({ page }) => page.close())]);
      assert.deepEqual(
        seen.flatMap(({ breaches }) => breaches),
        [],
      );
    });
    after(async () => {
      await browser?.close();
      await supervisor?.dispose();
    });

    it('are named on the first screen', async () => {
      await until('the address', () => supervisor.output.includes(`\nwatch    ${base}/\n`));
    });

    it('say on the first page whether the stream is live, and play it at a click', async () => {
      const index = await open('/?app=live&stream=first');
      await index.told('live', /^nobody publishes it/);
      cast.publish(supervisor.url('live/first'));
      await index.told('live', /^live now/);
      await index.page.click('main a:has-text("HTTP-FLV")');
      await index.told('state', /^playing/);
      assert.equal(await index.says('playing'), 'live/first');
      await index.advances(SECONDS);
    });

    it('list what is live, and suggest a name that is free', async () => {
      cast.publish(supervisor.url('live/listed'));
      await supervisor.ownerOf('live/listed');
      const player = await open('/players/flv.html');
      await player.page.waitForSelector('#live-streams option[value="live/listed"]', {
        state: 'attached',
      });
      const index = await open('/?app=live&stream=listed');
      await index.told('live', /^live now/);
      await index.told('streams', /live\/listed 0 viewers/);
      const hint = await index.page.textContent('.hint:has(code)');
      assert.match(hint ?? '', /rtmp:\/\/127\.0\.0\.1:\d+\/live\/listed-2$/);
      await index.page.click('#streams a');
      assert.equal(await index.page.inputValue('#stream'), 'live/listed');
    });

    it('say before anybody tries what mini-srs cannot do', async () => {
      const isMini = origin.name === 'mini-srs';
      const page = await open('/players/whep.html');
      if (isMini) await page.told('limits', /only streams that were published by WHIP play here/);
      const config = await (await fetch(`${base}/players/config.json`)).text();
      assert.match(config, isMini ? /"origin":"mini-srs"/ : /"origin":"srs"/);
    });

    it('play HTTP-FLV, until it is over', async () => {
      const publisher = cast.publish(supervisor.url('live/flv'));
      await supervisor.ownerOf('live/flv');
      const page = await open('/players/flv.html?app=live&stream=flv&autostart=true');
      await page.advances(SECONDS);
      await page.told('picture', /^640 × 360/);
      await page.told('frames', /^[1-9]\d* fps/);
      await page.told('bitrate', /^[1-9][\d.]* [kM]bit/);
      await publisher.kill();
      await page.told('state', /^(ended|failed)/);
      assert.equal(await page.page.textContent('button'), 'Play');
    });

    it('play HLS', async () => {
      cast.publish(supervisor.url('live/hls'));
      await supervisor.ownerOf('live/hls');
      const page = await open('/players/hls.html?app=live&stream=hls');
      await page.page.click('button');
      await page.told('state', /^(waiting for the first segment: .* after 2 s or more|playing)$/);
      await page.told('state', /^playing/);
      await page.advances(SECONDS);
      await page.told('bitrate', /^[1-9]/);
      await page.page.click('button');
      await page.told('state', /^stopped/);
    });

    it('publish a camera by WHIP, and play it by WHEP', async () => {
      const camera = await open('/players/whip.html?app=live&stream=camera&autostart=true');
      assert.equal(await camera.says('state'), 'ready', 'nobody is on air by a link');
      await camera.page.click('button');
      await camera.told('state', /^publishing/);
      await supervisor.ownerOf('live/camera');
      const player = await open('/players/rtc_player.html?app=live&stream=camera&autostart=true');
      await player.advances(SECONDS);
      await player.told('bitrate', /^[1-9]/);
      await camera.page.click('button');
      await camera.told('state', /^stopped/);
    });

    it('take the addresses of SRS’s player', async () => {
      cast.publish(supervisor.url('live/old'));
      await supervisor.ownerOf('live/old');
      const { port } = new URL(base);
      const server = `schema=http&server=127.0.0.1&port=${port}&vhost=__defaultVhost__`;
      const page = await open(
        `/players/srs_player.html?app=live&stream=old.flv&${server}&autostart=true&token=1`,
      );
      await page.advances(SECONDS);
      assert.match(await page.says('address'), /\/live\/old\.flv\?.*token=1/);
    });

    it('say in words what is wrong', async () => {
      const nobody = await open('/players/flv.html?stream=nobody.flv&autostart=true');
      await nobody.told('error', /^nobody publishes this stream/);
      // Where one looks, in a window that is not high.
      await nobody.page.setViewportSize({ width: 1000, height: 700 });
      for (const place of ['#error', '#state']) {
        const box = await nobody.page.locator(place).boundingBox();
        assert.ok(box !== null && box.y + box.height <= 700, place);
      }
      const hls = await open('/players/hls.html?stream=nobody&autostart=true');
      await hls.told('state', /^nobody publishes this stream now: waiting/);
      const silent = await open('/players/whep.html?stream=nobody&autostart=true');
      await silent.told('state', /^nobody publishes this stream now|^failed/);
      const other = await open('/players/hls.html?server=example.com&autostart=true');
      await other.told('error', /plays from 127\.0\.0\.1 only/);
      const whep = await open('/players/whep.html?stream=nobody&api=1&autostart=true');
      await whep.told('error', /^no answer from 127\.0\.0\.1:1,/);
    });

    it('take names for text', async () => {
      const name = '"><img src=x onerror=alert(1)>';
      for (const file of ['index', 'flv', 'hls']) {
        const query = new URLSearchParams({ app: name, stream: name, autostart: 'true' });
        const { page } = await open(`/players/${file}.html?${query}`);
        await page.waitForSelector('#stream');
        assert.equal(await page.inputValue('#stream'), `${name}/${name}`);
        assert.equal(await page.locator('img').count(), 0);
      }
    });
  });
}
