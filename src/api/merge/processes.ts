import { type Json, numberOf } from '../json.js';
import type { ApiIdentity } from '../types.js';
import { sumOf, sumsOf } from './sums.js';

/** Fields of /proc/self/stat that are summed over processes. */
const ADDED =
  'percent minflt cminflt majflt cmajflt utime stime cutime cstime num_threads vsize rss nswap cnswap delayacct_blkio_ticks guest_time cguest_time'.split(
    ' ',
  );

/** `data` of rusages: each `ru_` field summed. */
export function mergeRusages(datas: readonly Json[]): Json {
  const names = Object.keys(datas[0] ?? {}).filter((name) => name.startsWith('ru_'));
  return { ...base(datas), ...sumsOf(datas, names) };
}

/** `data` of self_proc_stats: the supervisor's ids, the children's sums. */
export function mergeSelf(datas: readonly Json[], { pid, ppid }: ApiIdentity): Json {
  const first = datas[0] ?? {};
  const added = ADDED.filter((name) => name in first).map((name) => [name, sumOf(datas, name)]);
  return { ...first, ...base(datas), pid, ppid, ...Object.fromEntries(added) };
}

function base(datas: readonly Json[]): Json {
  const sampleTime = datas.reduce((last, data) => Math.max(last, numberOf(data, 'sample_time')), 0);
  return { ok: datas.every(({ ok }) => ok === true), sample_time: sampleTime };
}
