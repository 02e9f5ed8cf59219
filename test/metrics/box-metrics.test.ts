import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { describe, it } from 'node:test';
import { Histogram } from '../../src/collections/histogram.js';
import { boxMetrics } from '../../src/metrics/box-metrics.js';
import { Family } from '../../src/metrics/exposition.js';
import { figures } from './figures.js';

const NO_PROMTOOL =
  spawnSync('promtool', ['--version']).status !== 0 && 'needs promtool (Debian: prometheus)';

describe('metrics of a box', () => {
  it('have values of the status, of children, ports, threads, hooks and streams', async () => {
    const lines = boxMetrics(await figures()).split('\n');
    for (const line of [
      'build_info{version="0.1.0",node="v20.0.0",srs="srs",srs_version="7.0.18",relay="native"} 1',
      'state{state="ready"} 1',
      'state{state="draining"} 0',
      'start_time_seconds 1000',
      'event_loop_lag_seconds_bucket{le="0.1"} 6',
      'event_loop_lag_seconds_bucket{le="+Inf"} 8',
      'event_loop_lag_seconds_count 8',
      'events_total{type="publish"} 4',
      'child_up{child="c001"} 1',
      'child_up{child="c002"} 0',
      'child_cpu_ratio{child="c001"} 0.1234',
      'child_restarts_total{child="c002"} 8',
      'child_traffic_bytes_per_second{child="c001"} 500000',
      'listener_accepted_total{listener="rtmp"} 9',
      'listener_failed_total{listener="rtmp",reason="no-child"} 0',
      'listener_first_bytes_seconds_bucket{listener="rtmp",le="0.1"} 6',
      'listener_first_bytes_seconds_sum{listener="rtmp"} 0.2',
      'listener_first_bytes_seconds_bucket{listener="hls",le="10"} 3',
      'relay_thread_cpu_seconds_total{thread="0"} 1.5',
      'relay_thread_lag_seconds_bucket{thread="1",le="+Inf"} 8',
      'fanout_viewers 5',
      'fanout_feeds 1',
      'fanout_skipped_total 2',
      'fanout_ring_bytes 4096',
      'hook_calls_total{action="on_play",outcome="refused"} 1',
      'hook_calls_total{action="on_play",outcome="ok"} 2',
      'hook_duration_seconds_bucket{action="on_play",le="+Inf"} 3',
      'stream_clients{stream="v/live/s",child="c001"} 3',
    ]) {
      assert.ok(lines.includes(`srs_supervisor_${line}`), line);
    }
    const unknown = 'srs_supervisor_relay_thread_cpu_seconds_total{thread="1"}';
    assert.ok(!lines.some((line) => line.startsWith(unknown)));
  });

  it('have a help and a type each, once, and no metric without a sample', async () => {
    const text = boxMetrics(await figures({ streams: [], threads: [], fanout: null }));
    const types = Array.from(text.matchAll(/^# TYPE (\S+)/gm), ([, name]) => name);
    assert.deepEqual(types, [...new Set(types)]);
    assert.equal(types.length, [...text.matchAll(/^# HELP \S+ [A-Z].*\.$/gm)].length);
    assert.doesNotMatch(text, /stream_clients|relay_thread|fanout/);
  });

  it('pass promtool without a warning', { skip: NO_PROMTOOL }, async () => {
    const input = boxMetrics(await figures());
    const { status, stdout, stderr } = spawnSync('promtool', ['check', 'metrics'], { input });
    assert.deepEqual([status, `${stdout}${stderr}`], [0, '']);
  });
});

describe('the text format', () => {
  it('escapes labels, and writes numbers as Prometheus reads them', () => {
    const family = new Family('a', 'gauge', 'b').add(Infinity, { x: 'q"\\\n' }).add(1e21);
    assert.equal(`${family}`, '# HELP a b\n# TYPE a gauge\na{x="q\\"\\\\\\n"} +Inf\na 1e+21\n');
    assert.equal(`${new Family('a', 'gauge', 'b')}`, '');
  });

  it('counts a histogram up', () => {
    const histogram = new Histogram([1, 2]);
    for (const value of [0.5, 1, 1.5, 9]) histogram.observe(value);
    const [, , ...samples] = `${new Family('a', 'histogram', 'b').addHistogram(histogram)}`
      .trimEnd()
      .split('\n');
    assert.deepEqual(samples, [
      'a_bucket{le="1"} 2',
      'a_bucket{le="2"} 3',
      'a_bucket{le="+Inf"} 4',
      'a_sum 12',
      'a_count 4',
    ]);
  });
});
