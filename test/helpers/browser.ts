import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type BrowserContext, chromium, type Page } from 'playwright-core';
import { findProgram } from './programs.js';

/** Where Linux distributions and people put it. */
const NAMES = ['chromium', 'chromium-browser', 'google-chrome'];

/** A fake camera, no questions, and WebRTC that works on loopback. */
const FLAGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-background-networking',
  '--use-fake-device-for-media-stream',
  '--use-fake-ui-for-media-stream',
  '--autoplay-policy=no-user-gesture-required',
  '--disable-features=WebRtcHideLocalIpsWithMdns',
  '--allow-loopback-in-peer-connection',
];

/** Null where this machine has none. */
const CHROMIUM = NAMES.map(findProgram).find((path) => path !== null) ?? null;

/** Why a `describe` that needs one is skipped; false where it is not. */
export const NO_CHROMIUM = CHROMIUM === null && 'no Chromium on this machine';

/** A headless Chromium with a profile of its own, that is gone afterwards. */
export class Browser {
  readonly #context: BrowserContext;
  readonly #profile: string;

  private constructor(context: BrowserContext, profile: string) {
    this.#context = context;
    this.#profile = profile;
  }

  static async open(): Promise<Browser> {
    const profile = await mkdtemp(join(tmpdir(), 'srs-supervisor-browser-'));
    const options = { executablePath: CHROMIUM ?? '', headless: true, args: FLAGS };
    const context = await chromium.launchPersistentContext(profile, options);
    return new Browser(context, profile);
  }

  /** An empty page of this origin, whatever is served there. */
  async page(origin: string): Promise<Page> {
    const page = await this.#context.newPage();
    await page.route(`${origin}/empty.html`, (route) =>
      route.fulfill({ contentType: 'text/html', body: '<!doctype html><title>test</title>' }),
    );
    await page.goto(`${origin}/empty.html`);
    return page;
  }

  /** An empty tab. */
  tab(): Promise<Page> {
    return this.#context.newPage();
  }

  async close(): Promise<void> {
    await this.#context.close();
    await rm(this.#profile, { recursive: true, force: true });
  }
}
