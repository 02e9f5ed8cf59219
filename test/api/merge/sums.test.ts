import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseMetrics, renderMetrics } from '../../../src/api/merge/metrics.js';
import { mergeRusages, mergeSelf } from '../../../src/api/merge/processes.js';
import { mergeSummaries } from '../../../src/api/merge/summaries.js';
import { IDENTITY } from '../rig.js';

test('summaries: the supervisor, what its children use, and the machine once', () => {
  const of = (now_ms: number, load: number) => ({
    ok: true,
    now_ms,
    self: { pid: 7, mem_kbyte: 100, mem_percent: 0.1, cpu_percent: 0.5 },
    system: { load_1m: load, conn_srs: 3, srs_recv_bytes: 5, cpus: 4 },
  });
  const totals = { recvBytes: 50, sendBytes: 60 };
  const merged = mergeSummaries([of(1, 9), of(2, 8)], IDENTITY, totals, IDENTITY.startedAt + 5500);
  assert.deepEqual(merged.self, {
    version: '7.0.18',
    pid: IDENTITY.pid,
    ppid: IDENTITY.ppid,
    argv: IDENTITY.argv,
    cwd: IDENTITY.cwd,
    mem_kbyte: 200,
    mem_percent: 0.2,
    cpu_percent: 1,
    srs_uptime: 5,
  });
  assert.deepEqual(merged.system, {
    load_1m: 8,
    cpus: 4,
    conn_srs: 6,
    srs_recv_bytes: 50,
    srs_send_bytes: 60,
  });
});

test('rusages and the stat of a process: sums, under the supervisor’s pid', () => {
  const usage = { ok: true, sample_time: 5, ru_utime: 2, ru_maxrss: 10 };
  const merged = mergeRusages([usage, { ...usage, sample_time: 6 }]);
  assert.deepEqual(merged, { ok: true, sample_time: 6, ru_utime: 4, ru_maxrss: 20 });
  const stat = { ok: true, sample_time: 5, pid: 7, ppid: 8, comm: '(srs)', utime: 3, priority: 20 };
  assert.deepEqual(mergeSelf([stat, { ...stat, ok: false }], IDENTITY), {
    ...stat,
    ok: false,
    pid: IDENTITY.pid,
    ppid: IDENTITY.ppid,
    utime: 6,
  });
});

const TEXT = `# HELP srs_build_info A metric
# TYPE srs_build_info gauge
srs_build_info{server="vid-1",version="7.0.18",label="a b"} 1
srs_node_uname_info{sysname="Linux",version="#1 SMP {x}"} 1
srs_cpu_percent 1.5
srs_clients_total 1e+06
srs_clients 2
`;

test('metrics: sums, one machine, and each child’s build', () => {
  const one = parseMetrics(TEXT);
  const children = new Map([
    ['c001', one],
    ['c002', one],
  ]);
  const text = renderMetrics(children, new Map([['srs_clients_total', 2_000_005]]));
  assert.match(text, /^srs_cpu_percent 3$/m);
  assert.match(text, /^srs_clients 4$/m);
  assert.match(text, /^srs_clients_total 2000005$/m);
  assert.match(
    text,
    /^srs_build_info\{child="c002",server="vid-1",version="7.0.18",label="a b"\} 1$/m,
  );
  assert.equal(text.match(/^srs_node_uname_info/gm)?.length, 1);
  assert.equal(new Set(text.match(/^# TYPE .*/gm)).size, text.match(/^# TYPE/gm)?.length);
});
