import type { Page } from 'playwright-core';
import type { Browser } from './browser.js';
import { until } from './until.js';

/** State of a page's video. */
interface Picture {
  readonly time: number;
  readonly frames: number;
  readonly width: number;
}

const PICTURE = `(() => {
  const video = document.querySelector('video');
  const { totalVideoFrames: frames } = video.getVideoPlaybackQuality();
  return { time: video.currentTime, frames, width: video.videoWidth };
})()`;

/** A player page in a browser, which records forbidden actions. */
export class PlayerPage {
  readonly page: Page;
  /** Requests to other hosts, script errors, and violations of the content security policy. */
  readonly breaches: string[] = [];

  private constructor(page: Page, host: string) {
    this.page = page;
    page.on('request', (request) => {
      const url = new URL(request.url());
      if (url.protocol !== 'blob:' && url.hostname !== host) this.breaches.push(url.href);
    });
    page.on('pageerror', (error) => this.breaches.push(error.message));
    page.on('dialog', (dialog) => this.breaches.push(dialog.message()));
    page.on('console', (message) => {
      if (/Content Security Policy/.test(message.text())) this.breaches.push(message.text());
    });
  }

  static async open(browser: Browser, url: string): Promise<PlayerPage> {
    const page = new PlayerPage(await browser.tab(), new URL(url).hostname);
    await page.page.goto(url);
    return page;
  }

  /** Returns the page's text under `id`; '' if there is none, or the page is loading. */
  says(id: string): Promise<string> {
    const text = `document.getElementById('${id}')?.textContent ?? ''`;
    return this.page.evaluate<string>(text).catch(() => '');
  }

  /** Resolves when the text under `id` matches. */
  async told(id: string, words: RegExp): Promise<void> {
    let last = '';
    const what = () => `${words} under ${id}: ${last}`;
    await until(what, async () => {
      const text = await this.says(id);
      last = `${text} ${await this.says('error')}`;
      return words.test(text);
    });
  }

  /** Resolves when the video has advanced by so many seconds, with frames. */
  async advances(seconds: number): Promise<void> {
    const picture = () => this.page.evaluate<Picture>(PICTURE);
    const playing = await until('a first frame', async () => {
      const now = await picture();
      return now.frames > 0 && now.width > 0 && now;
    }).catch(async (error: Error) => {
      throw new Error(`${error.message}: ${await this.says('state')} ${await this.says('error')}`);
    });
    await until(`${seconds} s of video`, async () => {
      const { time, frames } = await picture();
      return time > playing.time + seconds && frames > playing.frames;
    });
  }
}
