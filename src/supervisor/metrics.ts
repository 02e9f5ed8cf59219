import type { AdminSource } from '../admin/types.js';
import type { LoopClock } from '../clock/loop.js';
import { Histogram } from '../collections/histogram.js';
import type { EventLog } from '../events/event-log.js';
import type { Viewers } from '../hls/viewers.js';
import type { Hooks } from '../hooks/hooks.js';
import type { StreamFanout } from '../listener/stream-fanout.js';
import { boxMetrics } from '../metrics/box-metrics.js';
import type { Placement } from '../placement/placement.js';
import type { StreamStatus } from '../placement/types.js';
import type { RelayEngine } from '../relay/relay.js';
import type { Listeners } from './listeners.js';
import type { SharedMap } from './registry.js';
import type { Current } from './renewals.js';
import type { Served } from './served.js';

export interface MetricsParts {
  readonly view: AdminSource;
  readonly listeners: Listeners;
  readonly placement: Pick<Placement, 'list'>;
  readonly engine: RelayEngine;
  /** Null: there is none. */
  readonly fanout: Pick<StreamFanout, 'totals'> | null;
  readonly hooks: Pick<Hooks, 'durations'>;
  readonly events: Pick<EventLog, 'counts'>;
  readonly loop: LoopClock;
  readonly viewers: Pick<Viewers, 'playing'>;
  readonly map: Pick<SharedMap, 'boxes'>;
  readonly current: Current;
  readonly served: Pick<Served, 'maxConnectionsOf'>;
}

/** Bounds of the event loop's lateness, in seconds. */
const LAG_BOUNDS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5];

/** Returns a function that tells the box's metrics in the text format of Prometheus. */
export function makeMetrics(parts: MetricsParts): () => string {
  const { view, listeners, engine, hooks, events, loop, map, current, placement, served } = parts;
  const { fanout, viewers } = parts;
  const lag = new Histogram(LAG_BOUNDS);
  loop.on('tick', (ms) => lag.observe(Math.max(0, ms) / 1000));
  const startedAt = Date.now() - 1000 * process.uptime();
  return () => {
    const { user, system } = process.cpuUsage();
    const { rss } = process.memoryUsage();
    return boxMetrics({
      status: view.status(),
      children: view.children(),
      listeners: Array.from(listeners, ({ name, listener }) => {
        return { name, summary: listener.summary() };
      }),
      maxConnectionsOf: (child) => served.maxConnectionsOf(child),
      threads: engine.threadUsage(),
      hlsPlaying: viewers.playing,
      lag,
      hookTimes: hooks.durations(),
      fanout: fanout?.totals() ?? null,
      registryUp: map.boxes?.isJoined ?? true,
      events: events.counts,
      process: { cpuSeconds: (user + system) / 1e6, rss, startedAt, node: process.version },
      streams: busiest(placement, current.config.metrics.streams),
    });
  };
}

/** Returns the streams with most clients; streams on other boxes are theirs to tell. */
function busiest(placement: MetricsParts['placement'], most: number): StreamStatus[] {
  if (most === 0) return [];
  const own = placement.list().filter(({ box }) => box === undefined);
  return own.sort((a, b) => b.clients - a.clients).slice(0, most);
}
