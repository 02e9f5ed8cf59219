import type { AdminStatus, ChildRow } from '../admin/types.js';
import type { ListenerSummary } from '../listener/listener.js';
import type { FanoutRow } from '../listener/stream-feeds.js';
import type { StreamStatus } from '../placement/types.js';
import type { ThreadUsage } from '../relay/relay.js';
import { Family, type HistogramCounts, labelText, type MetricType } from './exposition.js';

/** A port for clients. */
interface ListenerFigures {
  readonly name: string;
  readonly summary: ListenerSummary;
}

/** Use of the supervisor's process since its start. */
interface ProcessFigures {
  readonly cpuSeconds: number;
  readonly rss: number;
  readonly startedAt: number;
  readonly node: string;
}

/** Snapshot of all that is shown. */
export interface BoxFigures {
  readonly status: AdminStatus;
  readonly children: readonly ChildRow[];
  readonly listeners: readonly ListenerFigures[];
  /** Returns the most clients of a child. */
  readonly maxConnectionsOf: (child: ChildRow) => number;
  readonly threads: readonly ThreadUsage[];
  /** How long HLS sessions waited for their first segment, in seconds. */
  readonly hlsPlaying: HistogramCounts;
  /** Lateness of the event loop, in seconds. */
  readonly lag: HistogramCounts;
  /** Durations of hooks by action, in seconds. */
  readonly hookTimes: ReadonlyMap<string, HistogramCounts>;
  /** Sums over all streams; null: there is no fan-out. */
  readonly fanout: FanoutRow | null;
  readonly registryUp: boolean;
  /** Numbers of events by type since the start. */
  readonly events: ReadonlyMap<string, number>;
  readonly process: ProcessFigures;
  /** Streams with series of their own; none: they are not wanted. */
  readonly streams: readonly StreamStatus[];
}

const PREFIX = 'srs_supervisor_';

function family(name: string, type: MetricType, help: string): Family {
  return new Family(`${PREFIX}${name}`, type, help);
}

/** Returns all metrics of the box in the text format of Prometheus. */
export function boxMetrics(figures: BoxFigures): string {
  return [
    ...programFamilies(figures),
    ...childFamilies(figures),
    ...listenerFamilies(figures),
    ...threadFamilies(figures),
    ...fanoutFamilies(figures),
    ...hookFamilies(figures),
    ...streamFamilies(figures),
  ].join('');
}

function programFamilies({ status, lag, registryUp, events, process }: BoxFigures): Family[] {
  const { version, srs, relay } = status;
  const about = { version, node: process.node, srs: srs.kind, srs_version: srs.version };
  const state = family('state', 'gauge', 'State of the supervisor; 1 for the present one.');
  for (const name of ['starting', 'ready', 'draining', 'stopping']) {
    state.add(name === status.state ? 1 : 0, { state: name });
  }
  const counts = family('events_total', 'counter', 'Events since the start, by type.');
  for (const [type, count] of events) counts.add(count, { type });
  const one = (name: string, help: string, value: number, type: MetricType = 'gauge') =>
    family(name, type, help).add(value);
  return [
    family('build_info', 'gauge', 'Versions of the supervisor, Node and SRS.').add(1, {
      ...about,
      relay: relay.engine,
    }),
    state,
    one('start_time_seconds', 'Start of the supervisor, since 1970.', process.startedAt / 1000),
    one('cpu_seconds_total', 'CPU time of the supervisor.', process.cpuSeconds, 'counter'),
    one('resident_memory_bytes', 'Resident memory of the supervisor.', process.rss),
    family('event_loop_lag_seconds', 'histogram', 'Lateness of the event loop.').addHistogram(lag),
    one('unforeseen_errors_total', 'Uncaught errors.', status.unforeseenErrors, 'counter'),
    one('log_lines_dropped_total', 'Log lines dropped.', status.logLinesDropped, 'counter'),
    one('registry_up', 'Whether the registry answers.', registryUp ? 1 : 0),
    one(
      'boxes',
      'Boxes that share the streams, this one included.',
      Math.max(1, status.boxes.length),
    ),
    one('job_running', 'Whether a job is at work on children.', status.job === null ? 0 : 1),
    one('streams', 'Streams that have a child.', status.streams),
    one('pending_connections', 'Clients that have not said what they want.', status.pending),
    one('held_players', 'Players that wait for their publisher.', status.heldPlayers),
    counts,
  ];
}

function childFamilies({ children, maxConnectionsOf }: BoxFigures): Family[] {
  const up = family('child_up', 'gauge', 'Whether a child serves clients.');
  const open = family('child_open', 'gauge', 'Whether a child gets new streams.');
  const state = family('child_state', 'gauge', 'State of a child; 1 for the present one.');
  const streams = family('child_streams', 'gauge', 'Streams of a child.');
  const clients = family('child_clients', 'gauge', 'Clients of a child.');
  const most = family('child_clients_limit', 'gauge', 'Most clients of a child.');
  const traffic = family(
    'child_traffic_bytes_per_second',
    'gauge',
    'Traffic of its clients, both ways.',
  );
  const cpu = family('child_cpu_ratio', 'gauge', 'CPU use of a child; 1 is a whole core.');
  const memory = family('child_resident_memory_bytes', 'gauge', 'Resident memory of a child.');
  const restarts = family('child_restarts_total', 'counter', 'Automatic restarts of a child.');
  const generation = family('child_generation', 'gauge', 'Number of the life of a child.');
  for (const row of children) {
    const of = labelText({ child: row.id });
    const serves = row.state === 'ready' || row.state === 'draining';
    up.add(serves ? 1 : 0, of);
    open.add(row.state === 'ready' && row.health === 'ok' && !row.ejected ? 1 : 0, of);
    state.add(1, { child: row.id, state: row.state });
    streams.add(row.streams, of);
    clients.add(row.clients, of);
    most.add(maxConnectionsOf(row), of);
    traffic.add(row.bitrate / 8, of);
    cpu.add(row.cpu / 100, of);
    memory.add(row.rss, of);
    restarts.add(row.restarts, of);
    generation.add(row.generation, of);
  }
  return [up, open, state, streams, clients, most, traffic, cpu, memory, restarts, generation];
}

function listenerFamilies({ listeners, hlsPlaying }: BoxFigures): Family[] {
  const open = family('listener_connections', 'gauge', 'Open connections of a port.');
  const accepted = family('listener_accepted_total', 'counter', 'Clients accepted.');
  const relayed = family(
    'listener_relayed_total',
    'counter',
    'Clients that were served and have left.',
  );
  const refused = family('listener_refused_total', 'counter', 'Clients refused by a limit.');
  const failed = family('listener_failed_total', 'counter', 'Clients not served, by reason.');
  const received = family('listener_received_bytes_total', 'counter', 'Bytes from clients.');
  const sent = family('listener_sent_bytes_total', 'counter', 'Bytes to clients.');
  const playing = family(
    'listener_first_bytes_seconds',
    'histogram',
    'Time until a player got the first bytes of its child.',
  );
  for (const { name: listener, summary } of listeners) {
    const { counters, connections, bytesIn, bytesOut } = summary;
    open.add(connections, { listener });
    accepted.add(counters.accepted, { listener });
    relayed.add(counters.relayed, { listener });
    for (const [limit, count] of Object.entries(counters.refusedBy)) {
      refused.add(count, { listener, limit });
    }
    for (const [reason, count] of Object.entries(counters.failed)) {
      failed.add(count, { listener, reason });
    }
    received.add(bytesIn, { listener });
    sent.add(bytesOut, { listener });
    if (hasAny(summary.playing)) playing.addHistogram(summary.playing, { listener });
  }
  // HLS has sessions and no port of its own; lists of clients name it so, too.
  if (hasAny(hlsPlaying)) playing.addHistogram(hlsPlaying, { listener: 'hls' });
  return [open, accepted, relayed, refused, failed, received, sent, playing];
}

function hasAny({ counts }: HistogramCounts): boolean {
  return counts.some((count) => count > 0);
}

function threadFamilies({ threads }: BoxFigures): Family[] {
  const pairs = family('relay_thread_pairs', 'gauge', 'Pairs that a relay thread carries.');
  const cpu = family('relay_thread_cpu_seconds_total', 'counter', 'CPU time of a relay thread.');
  const received = family('relay_thread_received_bytes_total', 'counter', 'Bytes from clients.');
  const sent = family('relay_thread_sent_bytes_total', 'counter', 'Bytes to clients.');
  const lag = family(
    'relay_thread_lag_seconds',
    'histogram',
    'Duration of the turns of a relay thread.',
  );
  for (const { index: thread, cpuSeconds, ...usage } of threads) {
    pairs.add(usage.pairs, { thread });
    if (cpuSeconds !== null) cpu.add(cpuSeconds, { thread });
    received.add(usage.bytesIn, { thread });
    sent.add(usage.bytesOut, { thread });
    lag.addHistogram(usage.lag, { thread });
  }
  return [pairs, cpu, received, sent, lag];
}

function fanoutFamilies({ fanout }: BoxFigures): Family[] {
  if (fanout === null) return [];
  const { viewers, feeds, skipped, ringBytes } = fanout;
  const one = (name: string, help: string, value: number, type: MetricType = 'gauge') =>
    family(`fanout_${name}`, type, help).add(value);
  return [
    one('viewers', 'Viewers that share connections to children.', viewers),
    one('feeds', 'Connections to children that viewers share.', feeds),
    one('skipped_total', 'Times that a viewer fell behind.', skipped, 'counter'),
    one('ring_bytes', 'Memory of the streams that viewers share.', ringBytes),
  ];
}

function hookFamilies({ status, hookTimes }: BoxFigures): Family[] {
  const calls = family('hook_calls_total', 'counter', 'Calls of the hooks, by outcome.');
  for (const [action, counters] of Object.entries(status.hooks)) {
    const { calls: all, refused, failed, dropped } = counters;
    const outcomes = { ok: all - refused - failed - dropped, refused, failed, dropped };
    for (const [outcome, count] of Object.entries(outcomes)) calls.add(count, { action, outcome });
  }
  const times = family('hook_duration_seconds', 'histogram', 'Durations of calls of the hooks.');
  for (const [action, counts] of hookTimes) times.addHistogram(counts, { action });
  return [calls, times];
}

function streamFamilies({ streams }: BoxFigures): Family[] {
  const clients = family('stream_clients', 'gauge', 'Clients of a stream, its publisher included.');
  const publishing = family('stream_publishing', 'gauge', 'Whether a stream has a publisher.');
  for (const { stream, child, ...row } of streams) {
    const of = labelText({ stream, child });
    clients.add(row.clients, of);
    publishing.add(row.publishing ? 1 : 0, of);
  }
  return [clients, publishing];
}
