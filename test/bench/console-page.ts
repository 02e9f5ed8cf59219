import { fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { CDPSession } from 'playwright-core';
import { Browser } from '../helpers/browser.js';
import { until } from '../helpers/until.js';
import { threadMs } from './measure.js';
import { median, type Row, round } from './report.js';

const CHILDREN = Number(process.env.BENCH_CHILDREN ?? 256);
const STREAMS = Number(process.env.BENCH_STREAMS ?? 10_000);
const SECONDS = Number(process.env.BENCH_SECONDS ?? 10);
const TURNS = Number(process.env.BENCH_TURNS ?? 3);

/** Pane -> what it shows when it is complete, and how many of that. */
const PANES: Readonly<Record<string, readonly [selector: string, count: number]>> = {
  machine: ['.picture a.mark', CHILDREN],
  children: ['.rows .row', 10],
  streams: ['.rows .row', 10],
  clients: ['.rows .row', 10],
  events: ['.events li', 5],
  box: ['.box dd', 5],
};

/** A made-up big box in a process of its own. */
export class BigBox {
  readonly url: string;
  readonly pid: number;
  readonly #end: () => void;

  private constructor(url: string, pid: number, end: () => void) {
    this.url = url;
    this.pid = pid;
    this.#end = end;
  }

  static async start(): Promise<BigBox> {
    const script = join(import.meta.dirname, 'console-box-process.js');
    const child = fork(script, [`${CHILDREN}`, `${STREAMS}`]);
    const [url] = await once(child, 'message');
    return new BigBox(`${url}/`, child.pid ?? 0, () => child.disconnect());
  }

  close(): void {
    this.#end();
  }
}

/** Figures of one load of a pane. */
interface Load {
  readonly 'shown after, ms': number;
  readonly bytes: number;
  readonly 'main thread, ms/s': number;
  readonly 'its script, ms/s': number;
  readonly 'answers, kB/s': number;
  readonly 'heap, MB': number;
  readonly 'box, ms/s': number;
}

/** Measures each pane of the console of a big box, in a browser without a cache. */
export async function measurePanes(): Promise<Row[]> {
  const box = await BigBox.start();
  const browser = await Browser.open();
  const rows: Row[] = [];
  try {
    for (const pane of Object.keys(PANES)) {
      const loads: Load[] = [];
      for (let turn = 0; turn < TURNS; turn += 1) loads.push(await load(browser, box, pane));
      const names = Object.keys(loads[0] ?? {}) as (keyof Load)[];
      const values = names.map((name) => [name, round(median(loads.map((one) => one[name])), 1)]);
      rows.push({ name: pane, values: Object.fromEntries(values) });
    }
  } finally {
    await browser.close();
    box.close();
  }
  return rows;
}

async function load(browser: Browser, box: BigBox, pane: string): Promise<Load> {
  const page = await browser.tab();
  const devtools = await page.context().newCDPSession(page);
  let bytes = 0;
  await devtools.send('Network.enable');
  await devtools.send('Network.setCacheDisabled', { cacheDisabled: true });
  await devtools.send('Performance.enable');
  devtools.on('Network.loadingFinished', ({ encodedDataLength }) => {
    bytes += encodedDataLength;
  });
  const [selector = '', count = 1] = PANES[pane] ?? [];
  await page.addInitScript(watch, { selector, count });
  await page.goto(`${box.url}#/${pane}`);
  const shown = await until(`${pane} complete`, () => page.evaluate<number>('window.shownAt ?? 0'));
  // The first answers bring what later ones do not.
  await delay(2000);
  const loaded = bytes;
  const before = await metricsOf(devtools);
  const cpu = threadMs(box.pid);
  await delay(SECONDS * 1000);
  const after = await metricsOf(devtools);
  const perSecond = (value: number) => value / SECONDS;
  const spent = threadMs(box.pid) - cpu;
  await page.close();
  return {
    'shown after, ms': shown,
    bytes: loaded,
    'main thread, ms/s': perSecond(1000 * (after.task - before.task)),
    'its script, ms/s': perSecond(1000 * (after.script - before.script)),
    'answers, kB/s': perSecond((bytes - loaded) / 1000),
    'heap, MB': after.heap / 1e6,
    'box, ms/s': perSecond(spent),
  };
}

/** Runs in the page: notes when so many elements are painted, in ms since the load began. */
function watch({ selector, count }: { selector: string; count: number }): void {
  const page = globalThis as unknown as PageGlobal;
  const observer = new page.MutationObserver(() => {
    if (page.document.querySelectorAll(selector).length < count) return;
    observer.disconnect();
    page.requestAnimationFrame(() =>
      setTimeout(() => {
        page.shownAt = performance.now();
      }),
    );
  });
  observer.observe(page.document, { childList: true, subtree: true });
}

/** The parts of the page that `watch` uses. */
interface PageGlobal {
  shownAt?: number;
  readonly document: { querySelectorAll(selector: string): { readonly length: number } };
  readonly requestAnimationFrame: (run: () => void) => void;
  readonly MutationObserver: new (
    run: () => void,
  ) => { observe(target: unknown, options: object): void; disconnect(): void };
}

/** Seconds of the main thread and bytes of the heap. */
async function metricsOf(devtools: CDPSession) {
  const { metrics } = await devtools.send('Performance.getMetrics');
  const of = (name: string) => metrics.find((one) => one.name === name)?.value ?? 0;
  return { task: of('TaskDuration'), script: of('ScriptDuration'), heap: of('JSHeapUsedSize') };
}
