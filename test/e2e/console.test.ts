/** The console in a browser. With `SCREENS=FOLDER` its screens are kept there as pictures. */
import assert from 'node:assert/strict';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { after, afterEach, before, describe, it } from 'node:test';
import type { Page } from 'playwright-core';
import type { ClientRow, StreamRow } from '../../src/admin/types.js';
import { signal } from '../../src/child/process.js';
import { axeFindings } from '../helpers/axe.js';
import { bigMachine } from '../helpers/big-machine.js';
import { Browser, NO_CHROMIUM } from '../helpers/browser.js';
import { Cast } from '../helpers/cast.js';
import { FakeBox } from '../helpers/fake-box.js';
import { origins } from '../helpers/origins.js';
import { PlayerPage } from '../helpers/player-page.js';
import { freePort } from '../helpers/ports.js';
import { RunningSupervisor } from '../helpers/supervisor.js';
import { BOUNDED, until } from '../helpers/until.js';

const { SCREENS } = process.env;
/** The token that the helpers' own requests carry. */
const TOKEN = 'test-admin-token';
const PANES = ['machine', 'children', 'streams', 'clients', 'events', 'box'];

/** Texts of the cells of the rows in sight. */
function cellsOf(page: Page): Promise<string[][]> {
  return page.evaluate<string[][]>(
    `[...document.querySelectorAll('.rows .row:not([hidden])')].map((row) =>
      [...row.children].map((cell) => cell.textContent))`,
  );
}

async function textOf(page: Page, selector: string): Promise<string> {
  return (await page.locator(selector).first().textContent()) ?? '';
}

/** Resolves when the text of an element matches. */
async function shows(page: Page, selector: string, words: RegExp): Promise<void> {
  let last = '';
  await until(
    () => `${words} in ${selector}: ${last}`,
    async () => {
      last = await textOf(page, selector).catch(String);
      return words.test(last);
    },
  );
}

/** Returns what axe finds, in light and in dark. */
async function findingsOf(page: Page): Promise<string[]> {
  await page.emulateMedia({ colorScheme: 'light' });
  const light = await axeFindings(page);
  await page.emulateMedia({ colorScheme: 'dark' });
  return [...light, ...(await axeFindings(page, true))];
}

async function keep(page: Page, name: string): Promise<void> {
  if (SCREENS === undefined) return;
  mkdirSync(SCREENS, { recursive: true });
  await page.screenshot({ path: join(SCREENS, `console-${name}.png`) });
}

for (const origin of origins()) {
  describe(`the console before ${origin.name}`, { ...BOUNDED, skip: NO_CHROMIUM }, () => {
    let browser: Browser;
    let supervisor: RunningSupervisor;
    let base: string;
    let view: PlayerPage;
    let page: Page;
    const cast = new Cast();

    before(async () => {
      const [http, api] = [await freePort(), await freePort()];
      const env = { SRS_SUPERVISOR_ADMIN_TOKEN: TOKEN, SRS_SUPERVISOR_LOG_FORMAT: 'text' };
      const options = { origin: origin.path, children: 2, ports: { http, api }, env };
      supervisor = await RunningSupervisor.start(options);
      base = `http://127.0.0.1:${supervisor.adminPort}/`;
      browser = await Browser.open();
      view = await PlayerPage.open(browser, base);
      page = view.page;
    });
    afterEach(() => assert.deepEqual(view.breaches, []));
    after(async () => {
      await cast.close();
      await browser?.close();
      await supervisor?.dispose();
    });

    const go = (route: string) => page.goto(`${base}#/${route}`);
    const say = async (verb: string) => {
      await page.click(`dialog button:text-is("${verb}")`);
      await shows(page, '#told', /\w/);
    };

    it('asks for the token, and draws the machine', async () => {
      assert.ok(supervisor.output.includes(`\nconsole  ${base}\n`));
      await page.fill('#token', 'another');
      await page.click('button:text-is("Log in")');
      await page.waitForSelector('[role="alert"]:has-text("This is not the token.")');
      assert.deepEqual(await findingsOf(page), []);
      await page.fill('#token', TOKEN);
      await page.click('button:text-is("Log in")');
      await page.waitForSelector('.picture a.mark >> nth=1');
      const marks = await page.locator('.picture a.mark b').allTextContents();
      assert.deepEqual(marks.sort(), ['c001', 'c002']);
      await shows(page, '[data-figure="children"] b', /^2 \/ 2$/);
      const cores = await page.locator('.picture .package .core').count();
      assert.ok(cores >= 1);
    });

    it('shows the streams as the API tells them', async () => {
      cast.publish(supervisor.url('live/one'));
      cast.publish(supervisor.url('live/two'));
      const one = await supervisor.ownerOf('live/one');
      await supervisor.ownerOf('live/two');
      await cast.play(supervisor.url('live/one'));
      await go('streams');
      await until('the rows of the API', async () => {
        const rows = await supervisor.get<StreamRow[]>('streams');
        const told = rows.map(({ stream, child, publisher, clients }) => {
          return [stream.split('/').slice(1).join('/'), child, publisher, String(clients)].join();
        });
        const cells = await cellsOf(page);
        const shown = cells.map((cell) => [cell[0], cell[1], cell[2], cell[5]].join());
        return told.length === 2 && told.sort().join() === shown.sort().join();
      });
      await page.click('.rows a:text-is("live/one")');
      await shows(page, '.detail .facts', /Publisher127\.0\.0\.1:\d+.*Viewersrtmp 1/);
      await shows(page, '.publications li', new RegExp(`now.*in ${one.child} from 127`));
      await shows(page, '.detail .events', /publish/);
    });

    it('plays a stream in its player page', async () => {
      await page.click('.detail button:text-is("Play HTTP-FLV")');
      const frame = page.frameLocator('.player iframe');
      await until('a picture', async () => {
        const state = await frame.locator('#state').textContent();
        return state?.startsWith('playing');
      });
      await shows(page, '.detail .facts', /http 1/);
      await page.click('.player button:text-is("Stop")');
      await until('its end', async () => !/http/.test(await textOf(page, '.detail .facts')));
    });

    it('kicks a client', async () => {
      await go('clients');
      await page.fill('[aria-label="Filter clients"]', 'play');
      await until('one row', async () => (await cellsOf(page)).length === 1);
      const [[address = '', port, role, stream] = []] = await cellsOf(page);
      assert.deepEqual([port, role, stream], ['rtmp', 'play', 'live/one']);
      await page.click(`button[aria-label="Kick ${address}"]`);
      await say('Kick');
      assert.equal(await textOf(page, '#told'), `${address} was kicked`);
      await until('its end', async () => {
        const clients = await supervisor.get<ClientRow[]>('clients');
        return clients.length === 2 && clients.every(({ client }) => client !== address);
      });
      await until('no row', async () => (await cellsOf(page)).length === 0);
    });

    it('drains a child, shows its log, and tells what happens', async () => {
      await go('children/c002');
      await page.click('.detail button:text-is("Drain")');
      await say('Drain');
      const isIn = (state: string) => async () => (await supervisor.child('c002')).state === state;
      await until('it drains', isIn('draining'));
      await shows(page, '.detail .facts', /Statedraining/);
      await page.click('.detail button:text-is("Undrain")');
      await say('Undrain');
      await until('it is ready', isIn('ready'));
      await page.click('.detail button:text-is("Show log")');
      await shows(page, '.detail pre', /\w/);
      await go('events');
      await shows(page, '.events', /child-undrained.*child-drained.*kick.*publish/s);
      supervisor.process.kill('SIGHUP');
      await shows(page, '.events li', /reload/);
    });

    it('leads by clicks to the child and core of a stream, and to why another ended', async () => {
      const open = (pane: string) => page.click(`nav a:text-is("${pane}")`);
      const one = await supervisor.ownerOf('live/one');
      const two = await supervisor.ownerOf('live/two');
      await open('Streams');
      await page.click('.rows a:text-is("live/one")');
      await page.click(`.detail a:text-is("Child ${one.child}")`);
      await page.waitForSelector(`.detail h2:text-is("${one.child}")`);
      const { cpus } = await supervisor.child(one.child);
      await shows(page, '.detail .facts', new RegExp(`CPU${cpus.join(', ') || 'not bound'}Load`));
      const { pid } = await supervisor.child(two.child);
      signal(pid ?? 0, 'SIGKILL');
      await open('Events');
      await page.click(`.events li:has-text("child-down") a:text-is("live/two")`);
      await shows(page, '.detail', /No child has this stream now/);
      const why = new RegExp(`child ${two.child} (ended|is gone): killed by SIGKILL`);
      await shows(page, '.publications li .why', why);
    });

    it('can be used by all: axe finds nothing', async (t) => {
      if (origin.name !== 'mini-srs') return t.skip('the page is the same before both origins');
      const findings: string[] = [];
      for (const pane of [...PANES, 'children/c001', 'streams/__defaultVhost__%2Flive%2Fone']) {
        await go(pane);
        await page.waitForSelector('main :is(a.mark, .rows a, .events li, .box dd)');
        findings.push(...(await findingsOf(page)).map((finding) => `${pane} ${finding}`));
      }
      assert.deepEqual(findings, []);
    });

    it('says that the supervisor is away', async () => {
      await go('machine');
      await supervisor.stop();
      await page.waitForSelector('.silence:has-text("does not answer")');
    });
  });
}

describe('the console of a big box', { ...BOUNDED, skip: NO_CHROMIUM }, () => {
  let browser: Browser;
  let box: FakeBox;
  let base: string;
  let view: PlayerPage;
  let page: Page;

  before(async () => {
    box = new FakeBox({ children: 248, streams: 10_000, ...bigMachine() });
    base = `${await box.start()}/`;
    browser = await Browser.open();
    view = await PlayerPage.open(browser, base);
    page = view.page;
  });
  afterEach(() => assert.deepEqual(view.breaches, []));
  after(async () => {
    await browser?.close();
    await box?.close();
  });

  it('has a child on each core, and keys go from one to the next', async () => {
    await page.waitForSelector('.picture a.mark >> nth=247');
    assert.equal(await page.locator('.package').count(), 2);
    assert.equal(await page.locator('.node').count(), 8);
    assert.equal(await page.locator('.cache').count(), 32);
    assert.equal(await page.locator('.core').count(), 256);
    assert.equal(await page.locator('.mark.thread').count(), 8);
    await page.focus('.picture a.mark');
    await page.keyboard.press('ArrowRight');
    await page.keyboard.press('End');
    const last = await page.evaluate<string>('document.activeElement.textContent');
    assert.match(last, /^c248/);
    await page.keyboard.press('ArrowUp');
    await page.keyboard.press('Enter');
    await page.waitForSelector('.detail h2:text-matches("^c2[34]")');
  });

  it('goes through 10,000 streams with few rows in the page', async () => {
    await page.goto(`${base}#/streams`);
    await page.waitForSelector('.rows a:text-matches("^live/s")');
    await page.click('.head button:text-is("Stream")');
    await page.waitForSelector('.rows a:text-is("live/s00000")');
    await page.evaluate(`document.querySelector('.scroller').scrollTop = 1e9`);
    await page.waitForSelector('.rows a:text-is("live/s09999")');
    assert.ok((await page.locator('.rows .row').count()) < 100);
    await page.fill('[aria-label="Filter streams"]', 's0123');
    await until('ten rows', async () => (await cellsOf(page)).length === 10);
  });

  it('fits every screen, light and dark', async () => {
    const screens = [
      ['light', 1440, 900, 'light', 'machine'],
      ['dark', 1440, 900, 'dark', 'streams/__defaultVhost__%2Flive%2Fs00017'],
      ['phone', 390, 844, 'dark', 'machine'],
      ['small', 360, 740, 'light', 'streams'],
      ['wall', 2560, 1440, 'dark', 'machine'],
    ] as const;
    for (const [name, width, height, colorScheme, pane] of screens) {
      await page.setViewportSize({ width, height });
      await page.emulateMedia({ colorScheme });
      await page.goto(`${base}#/${pane}`);
      const ready = pane === 'streams' ? '.rows a' : pane === 'machine' ? 'a.mark' : '.detail dd';
      await page.waitForSelector(ready);
      const wide = await page.evaluate<number>('document.documentElement.scrollWidth');
      assert.ok(wide <= width, `${name}: ${wide} pixels wide`);
      await keep(page, name);
    }
  });

  it('fits a phone in every pane, and axe finds nothing there', async () => {
    await page.setViewportSize({ width: 360, height: 740 });
    const findings: string[] = [];
    for (const pane of [...PANES, 'streams/__defaultVhost__%2Flive%2Fs00017', 'children/c012']) {
      await page.goto(`${base}#/${pane}`);
      await page.waitForSelector(
        'main :is(a.mark, .rows .row, .events li, .box td, .detail dd) >> visible=true',
      );
      const over = await page.evaluate<string[]>(
        `[document.documentElement, ...document.querySelectorAll('.table .scroller')]
          .filter((one) => one.scrollWidth > one.clientWidth)
          .map((one) => one.scrollWidth + ' pixels wide')`,
      );
      const those = [...over, ...(await axeFindings(page))];
      findings.push(...those.map((finding) => `${pane}: ${finding}`));
      await keep(page, `small-${pane.split('/').length > 1 ? `${pane.split('/')[0]}-open` : pane}`);
    }
    assert.deepEqual(findings, []);
    await page.goto(`${base}#/box`);
    let boxes = '';
    await until(
      () => `this box and its load, not ${boxes}`,
      async () => {
        boxes = await textOf(page, '.box');
        return /10\.0\.0\.1 \(this one\)ready3 \/ 442%12345/.test(boxes);
      },
    );
  });
});
