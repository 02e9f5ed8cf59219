import { setTimeout as delay } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { metricsRoute } from '../../src/admin/metrics-route.js';
import { AdminServer } from '../../src/admin/server.js';
import { History } from '../../src/history/history.js';
import { boxMetrics } from '../../src/metrics/box-metrics.js';
import { CHILDREN as SOME_CHILDREN, source } from '../admin/fixtures.js';
import { Browser } from '../helpers/browser.js';
import { Cast } from '../helpers/cast.js';
import { origins } from '../helpers/origins.js';
import { RunningSupervisor } from '../helpers/supervisor.js';
import { figures } from '../metrics/figures.js';
import { BigBox } from './console-page.js';
import { threadMs } from './measure.js';
import { median, type Row, round } from './report.js';

const BOX_CHILDREN = Number(process.env.BENCH_BOX_CHILDREN ?? 4);
const CHILDREN = Number(process.env.BENCH_CHILDREN ?? 256);
const STREAMS = Number(process.env.BENCH_STREAMS ?? 10_000);
const SECONDS = Number(process.env.BENCH_SECONDS ?? 10);
const TURNS = Number(process.env.BENCH_TURNS ?? 3);
const PUBLISHERS = 20;
const CONSOLES = 10;
const SCRAPES = 50;
/** Looks at the streams in an hour. */
const LOOKS = 180;
const PANES = ['machine', 'streams'] as const;

/** Milliseconds of CPU a second, without consoles and with ten at each pane, turn by turn. */
interface Costs {
  readonly none: number[];
  readonly machine: number[];
  readonly streams: number[];
}

/** CPU of a supervisor of a real box and of a made-up big one, with ten consoles and without. */
export async function measureConsoles(): Promise<Row[]> {
  const rows: Row[] = [];
  const [origin] = origins();
  const options = { origin: origin?.path ?? '', children: BOX_CHILDREN };
  const box = await RunningSupervisor.start(options);
  const cast = new Cast();
  try {
    for (let i = 0; i < PUBLISHERS; i += 1) await cast.hold(box.url(`live/s${i}`));
    const url = `http://127.0.0.1:${box.adminPort}/`;
    const name = `${origin?.name}, ${BOX_CHILDREN} children`;
    rows.push(rowOf(name, await costsOf(url, box.pid)));
    const scrapes = await scrape(`${url}metrics`);
    rows.push({ name: `${name}: /metrics`, values: scrapes });
  } finally {
    await cast.close();
    await box.dispose();
  }
  const big = await BigBox.start();
  try {
    rows.push(rowOf(`made-up, ${CHILDREN} children`, await costsOf(big.url, big.pid)));
  } finally {
    big.close();
  }
  return rows;
}

function rowOf(name: string, { none, machine, streams }: Costs): Row {
  const base = median(none);
  return {
    name,
    values: {
      'none, ms/s': round(base, 1),
      'ten at machine': round(median(machine), 1),
      'ten at streams': round(median(streams), 1),
      'more, % of a core': round((Math.max(median(machine), median(streams)) - base) / 10),
    },
  };
}

async function costsOf(url: string, pid: number): Promise<Costs> {
  const browser = await Browser.open();
  const costs: Costs = { none: [], machine: [], streams: [] };
  const cost = async () => {
    await delay(2000);
    const [before, began] = [threadMs(pid), performance.now()];
    await delay(1000 * SECONDS);
    return (1000 * (threadMs(pid) - before)) / (performance.now() - began);
  };
  try {
    const pages = await Promise.all(Array.from({ length: CONSOLES }, () => browser.ownTab()));
    for (let turn = 0; turn < TURNS; turn += 1) {
      for (const page of pages) await page.goto('about:blank');
      costs.none.push(await cost());
      for (const pane of PANES) {
        for (const page of pages) {
          await page.goto(`${url}#/${pane}`);
          await page.waitForSelector('main :is(a.mark, .rows a)');
        }
        costs[pane].push(await cost());
      }
    }
  } finally {
    await browser.close();
  }
  return costs;
}

/** Asks for the metrics again and again. */
async function scrape(url: string): Promise<Row['values']> {
  const times: number[] = [];
  let bytes = 0;
  for (let i = 0; i < SCRAPES; i += 1) {
    const began = performance.now();
    bytes = (await (await fetch(url)).text()).length;
    times.push(performance.now() - began);
  }
  return { 'answer, ms': round(median(times)), 'most, ms': round(Math.max(...times)), bytes };
}

/** `/metrics` of a made-up box, and how long its text keeps the event loop. */
export async function measureMetrics(): Promise<Row[]> {
  const [first] = SOME_CHILDREN;
  if (first === undefined) throw new Error('there is no child to copy');
  const id = (i: number) => `c${String(i + 1).padStart(3, '0')}`;
  const children = Array.from({ length: CHILDREN }, (_, i) => ({ ...first, id: id(i) }));
  const made = await figures({ children });
  const holds: number[] = [];
  const text = () => {
    const began = performance.now();
    const metrics = boxMetrics(made);
    holds.push(performance.now() - began);
    return metrics;
  };
  const server = new AdminServer({
    address: { host: '127.0.0.1', port: 0 },
    token: null,
    source: source(),
    plugins: [metricsRoute(text)],
  });
  await server.start();
  try {
    const answers = await scrape(`http://127.0.0.1:${server.address().port}/metrics`);
    const hold = {
      'holds the loop, ms': round(median(holds)),
      'at most': round(Math.max(...holds)),
    };
    return [{ name: `${CHILDREN} children`, values: { ...answers, ...hold } }];
  } finally {
    await server.close();
  }
}

/** Memory and CPU of the last hour of so many streams. */
export async function measureHistory(): Promise<Row[]> {
  setFlagsFromString('--expose-gc');
  const gc: () => void = runInNewContext('gc');
  const bytes = () => {
    gc();
    const { heapUsed, arrayBuffers } = process.memoryUsage();
    return heapUsed + arrayBuffers;
  };
  const names = Array.from({ length: STREAMS }, (_, i) => `__defaultVhost__/live/s${i}`);
  const before = bytes();
  const history = new History({
    box: () => {
      throw new Error('it is not asked for');
    },
    children: () => [],
    streams: async () => names.map((name) => [name, 1e6, 3]),
  });
  const times: number[] = [];
  for (let i = 0; i < LOOKS; i += 1) {
    const began = performance.now();
    await history.lookAtThings();
    times.push(performance.now() - began);
  }
  const megabytes = round((bytes() - before) / 1e6, 1);
  const isThere = history.stream(names[0] ?? '') !== null;
  const look = { 'a look, ms': round(median(times)), 'looks of an hour': isThere ? LOOKS : 0 };
  return [{ name: `${STREAMS} streams`, values: { MB: megabytes, ...look } }];
}
