import { noCounters } from '../../src/listener/counters.js';
import type { BoxFigures } from '../../src/metrics/box-metrics.js';
import { CHILDREN, STATUS, source } from '../admin/fixtures.js';

const SUMMARY = {
  counters: { ...noCounters(), accepted: 9, refused: 2 },
  connections: 3,
  bytesIn: 1_000,
  bytesOut: 2_000,
  traffic: new Map(),
  playing: { bounds: [0.01, 0.1], counts: [4, 2, 0], sum: 0.2 },
};

const LAG = { bounds: [0.001], counts: [7, 1], sum: 0.02 };

/** Figures of a box that has something of everything. */
export async function figures(part: Partial<BoxFigures> = {}): Promise<BoxFigures> {
  return {
    status: STATUS,
    children: CHILDREN,
    listeners: [{ name: 'rtmp', summary: SUMMARY }],
    maxConnectionsOf: () => 1000,
    threads: [
      { index: 0, pairs: 2, bytesIn: 10, bytesOut: 20, cpuSeconds: 1.5, lag: LAG },
      { index: 1, pairs: 0, bytesIn: 0, bytesOut: 0, cpuSeconds: null, lag: LAG },
    ],
    hlsPlaying: { bounds: [1, 10], counts: [0, 3, 0], sum: 12 },
    lag: { bounds: [0.01, 0.1], counts: [5, 1, 2], sum: 0.9 },
    hookTimes: new Map([['on_play', { bounds: [1], counts: [3, 0], sum: 0.3 }]]),
    fanout: { viewers: 5, feeds: 1, skipped: 2, ringBytes: 4096 },
    registryUp: true,
    events: new Map([['publish', 4]]),
    process: { cpuSeconds: 12.5, rss: 1e8, startedAt: 1_000_000, node: 'v20.0.0' },
    streams: await source().streams(),
    ...part,
  };
}
