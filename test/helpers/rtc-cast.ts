import assert from 'node:assert/strict';
import type { TestContext } from 'node:test';
import { Browser } from './browser.js';
import { type PeerOptions, type Posted, RtcPage } from './rtc-page.js';
import { until } from './until.js';

/** More frames than the fake camera has per second. */
const FRAMES = 15;

/** A browser's publishers and players at one API port; `close` ends those that remain. */
export class RtcCast {
  readonly #browser: Browser;
  readonly #api: string;
  readonly #pages: RtcPage[] = [];

  private constructor(browser: Browser, api: string) {
    this.#browser = browser;
    this.#api = api;
  }

  static async open(api: string): Promise<RtcCast> {
    return new RtcCast(await Browser.open(), api);
  }

  /** Opens a cast that is closed when the test ends. */
  static async openFor(t: TestContext, api: string): Promise<RtcCast> {
    const cast = await RtcCast.open(api);
    t.after(() => cast.close());
    return cast;
  }

  async page(): Promise<RtcPage> {
    const page = await RtcPage.on(await this.#browser.page(this.#api));
    this.#pages.push(page);
    return page;
  }

  /** Publishes or plays `live/STREAM`; throws if refused. */
  async start(
    role: 'publish' | 'play',
    stream: string,
    options: PeerOptions = {},
  ): Promise<[RtcPage, Posted]> {
    const page = await this.page();
    const posted = await page.start(this.url(role, stream), role, options);
    assert.equal(posted.status, 201, posted.body);
    return [page, posted];
  }

  url(role: 'publish' | 'play', stream: string): string {
    return `${this.#api}/rtc/v1/${role === 'publish' ? 'whip' : 'whep'}/?app=live&stream=${stream}`;
  }

  /** Resolves when the child gets the camera; without it, it closes the session after 30 s. */
  async sends(page: RtcPage): Promise<void> {
    await until('a picture is sent', async () => (await page.state()).framesSent > 0);
  }

  /** Resolves when this page has decoded a second's frames from now on. */
  async sees(page: RtcPage): Promise<void> {
    const { framesDecoded: had } = await page.state();
    await until('pictures', async () => (await page.state()).framesDecoded > had + FRAMES);
  }

  /** Sends a session's DELETE and returns the status. */
  async remove({ location }: Posted): Promise<number> {
    const { status } = await fetch(new URL(location ?? '', this.#api), { method: 'DELETE' });
    return status;
  }

  async closePages(): Promise<void> {
    for (const { page } of this.#pages.splice(0)) if (!page.isClosed()) await page.close();
  }

  async close(): Promise<void> {
    await this.#browser.close();
  }
}
