import { mkdirSync, rmdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { codeOf } from '../../src/errors.js';
import { origins } from '../helpers/origins.js';
import { RunningSupervisor } from '../helpers/supervisor.js';
import { threadsMs } from './relay/peers.js';
import { median, type Row, report, round } from './report.js';
import { DIRECT, oneRun, RUNS } from './setups.js';

/** The CPU controller of cgroups 1: that of cgroups 2 bounds no single threads. */
const CGROUPS = '/sys/fs/cgroup/cpu';
const PERIOD_US = 10_000;
/** Share of a CPU for each relay thread: control thread, children and clients have the rest. */
const SHARE = 0.1;
/** How a machine says that it gives us no group. */
const REFUSALS = ['ENOENT', 'EACCES', 'EROFS', 'EPERM'];

/**
 * How many RTMP connections two relay threads set up, of what one does. On a small machine children
 * and clients need the CPU that the second one would have, so each has a small share of one.
 */
export async function run(): Promise<void> {
  const rows: Row[] = [];
  try {
    for (const { name, path } of origins()) rows.push({ name, values: await compare(path) });
  } catch (error) {
    if (!REFUSALS.includes(codeOf(error) ?? '')) throw error;
    console.log(`setup-threads needs root and ${CGROUPS}, to bound single threads`);
    return;
  }
  const title = `set-ups by threads with ${100 * SHARE} % of a CPU each, medians of ${RUNS} turns`;
  await report('setup-threads', title, rows);
}

async function compare(origin: string): Promise<Row['values']> {
  const supervisors: RunningSupervisor[] = [];
  const groups: string[] = [];
  try {
    for (const threads of [1, 2]) {
      const env = { ...DIRECT, SRS_SUPERVISOR_RELAY_THREADS: `${threads}` };
      const args = ['--relay', 'native'];
      const supervisor = await RunningSupervisor.start({ origin, children: 2, args, env });
      supervisors.push(supervisor);
      await oneRun(supervisor);
      groups.push(...busiest(supervisor.pid, threads).map(bound));
    }
    return valuesOf(await turns(supervisors));
  } finally {
    for (const supervisor of supervisors) await supervisor.dispose();
    for (const group of groups) rmdirSync(group);
  }
}

/** Connections a second, turn by turn, of each supervisor. */
async function turns(supervisors: readonly RunningSupervisor[]): Promise<number[][]> {
  const all: number[][] = [];
  for (let i = 0; i < RUNS; i += 1) {
    const turn: number[] = [];
    for (const supervisor of supervisors) turn.push((await oneRun(supervisor)).perSecond);
    all.push(turn);
  }
  return all;
}

function valuesOf(all: readonly number[][]): Row['values'] {
  const one = all.map(([first = 0]) => first);
  const two = all.map(([, second = 0]) => second);
  return {
    'one, per second': round(median(one), 0),
    'two, per second': round(median(two), 0),
    'two of one': round(median(two.map((perSecond, i) => perSecond / (one[i] ?? 1)))),
  };
}

/** The relay threads: beside the control thread those that have worked most. */
function busiest(pid: number, count: number): string[] {
  const others = [...threadsMs(pid)].filter(([thread]) => thread !== `${pid}`);
  const sorted = others.sort(([, a], [, b]) => b - a);
  return sorted.slice(0, count).map(([thread]) => thread);
}

/** Gives a thread its share; answers the group that bounds it. */
function bound(thread: string): string {
  const group = join(CGROUPS, `srs-supervisor-bench-${thread}`);
  mkdirSync(group);
  writeFileSync(join(group, 'cpu.cfs_period_us'), `${PERIOD_US}`);
  writeFileSync(join(group, 'cpu.cfs_quota_us'), `${PERIOD_US * SHARE}`);
  writeFileSync(join(group, 'tasks'), thread);
  return group;
}
