import { type Json, numberOf, objectOf } from '../json.js';
import type { ApiIdentity } from '../types.js';
import { sumOf, sumsOf } from './sums.js';

/** Bytes through all children, ended ones included. */
export interface Totals {
  readonly recvBytes: number;
  readonly sendBytes: number;
}

/**
 * Returns `data` of the summaries. `self` is the supervisor with its children's usage; `system` is
 * the machine, which all children see alike, so the newest answer is taken.
 */
export function mergeSummaries(
  datas: readonly Json[],
  identity: ApiIdentity,
  totals: Totals,
  now: number,
): Json {
  const selves = datas.map((data) => objectOf(data, 'self'));
  const newest = datas.toSorted((a, b) => numberOf(b, 'now_ms') - numberOf(a, 'now_ms'))[0] ?? {};
  const { version, pid, ppid, argv, cwd, startedAt } = identity;
  const used = sumsOf(selves, ['mem_kbyte', 'mem_percent', 'cpu_percent']);
  return {
    ok: datas.every(({ ok }) => ok === true),
    now_ms: now,
    self: {
      version,
      pid,
      ppid,
      argv,
      cwd,
      ...used,
      srs_uptime: Math.floor((now - startedAt) / 1000),
    },
    system: {
      ...objectOf(newest, 'system'),
      srs_recv_bytes: totals.recvBytes,
      srs_send_bytes: totals.sendBytes,
      conn_srs: sumOf(
        datas.map((data) => objectOf(data, 'system')),
        'conn_srs',
      ),
    },
  };
}
