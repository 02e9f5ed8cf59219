import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type BrowserContext, chromium, type Page } from 'playwright-core';
import { findProgram } from './programs.js';

/** Names of the program in Linux distributions. */
const NAMES = ['chromium', 'chromium-browser', 'google-chrome'];

/** A fake camera, no prompts, and WebRTC on loopback. */
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

/** Null if this machine has none. */
const CHROMIUM = NAMES.map(findProgram).find((path) => path !== null) ?? null;

/** Why a `describe` that needs Chromium is skipped; false if it runs. */
export const NO_CHROMIUM = CHROMIUM === null && 'no Chromium on this machine';

/** A headless Chromium with a temporary profile. */
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

  /** Opens an empty page of this origin, whatever the origin serves. */
  async page(origin: string): Promise<Page> {
    const page = await this.#context.newPage();
    await page.route(`${origin}/empty.html`, (route) =>
      route.fulfill({ contentType: 'text/html', body: '<!doctype html><title>test</title>' }),
    );
    await page.goto(`${origin}/empty.html`);
    return page;
  }

  /** Opens an empty tab. */
  tab(): Promise<Page> {
    return this.#context.newPage();
  }

  /** Opens a tab of a user of its own, with connections of its own: tabs of one share six. */
  async ownTab(): Promise<Page> {
    const context = await this.#context.browser()?.newContext();
    if (context === undefined) throw new Error('this browser has one user');
    return context.newPage();
  }

  async close(): Promise<void> {
    await this.#context.close();
    await rm(this.#profile, { recursive: true, force: true });
  }
}
