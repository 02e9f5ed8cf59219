import { measureConsoles, measureHistory, measureMetrics } from './console-cost.js';
import { measurePanes } from './console-page.js';
import { report } from './report.js';

/** Costs of the console for the browser and the supervisor, and of the figures behind it. */
export async function run(): Promise<void> {
  const history = 'the last hour of streams: memory, and what a look at them costs';
  await report('console-history', history, await measureHistory());
  const metrics = '/metrics of a made-up box';
  await report('console-metrics', metrics, await measureMetrics());
  const pages = 'console of a made-up big box: each pane in a browser without a cache';
  await report('console-pages', pages, await measurePanes());
  const consoles = 'CPU of the supervisor, ms a second, without consoles and with ten';
  await report('console-cpu', consoles, await measureConsoles());
}
