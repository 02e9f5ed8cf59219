import { setTimeout as delay } from 'node:timers/promises';
import { type Origin, origins } from '../helpers/origins.js';
import { freePort } from '../helpers/ports.js';
import { RunningSupervisor } from '../helpers/supervisor.js';
import { endLone, type Lone, startLone } from './lone.js';
import { residentBytes, threadMs } from './measure.js';
import { type Row, report, round } from './report.js';

const CHILDREN = Number(process.env.BENCH_CHILDREN ?? 64);
const SECONDS = Number(process.env.BENCH_SECONDS ?? 20);
/** Seconds after readiness in which nothing is measured: a start leaves work behind. */
const CALM_SECONDS = Number(process.env.BENCH_CALM_SECONDS ?? 60);
/** The box that is taken as empty. */
const EMPTY = 1;

/**
 * CPU of a box whose children have nothing to do: the supervisor's, with one child and with many,
 * and a child's beside that of a lone origin with the same features, in the same seconds.
 */
export async function run(): Promise<void> {
  for (const origin of origins()) {
    const rows: Row[] = [];
    const empty = await measure(origin, EMPTY);
    const full = await measure(origin, CHILDREN);
    const each = (full.supervisor - empty.supervisor) / (CHILDREN - EMPTY);
    rows.push({ name: `box of ${EMPTY}`, values: shown(empty) });
    rows.push({ name: `box of ${CHILDREN}`, values: { ...shown(full), 'a child': round(each) } });
    const title = `${origin.name}, idle: ms of CPU a second over ${SECONDS} s, MB resident`;
    await report(`idle-${origin.name}`, title, rows);
  }
}

interface Use {
  /** Milliseconds of CPU a second. */
  readonly supervisor: number;
  readonly child: number;
  readonly lone: number;
  /** Megabytes. */
  readonly memory: number;
  readonly childMemory: number;
}

async function measure(origin: Origin, children: number): Promise<Use> {
  const [rtc, srt] = [await freePort(), origin.name === 'srs' ? await freePort() : 'off'];
  const ports = { http: await freePort(), api: await freePort(), rtc, srt };
  const box = await RunningSupervisor.start({ origin: origin.path, children, ports });
  let lone: Lone | null = null;
  try {
    lone = await startLone(origin, box.workDir);
    await delay(CALM_SECONDS * 1000);
    const pids = (await box.children()).flatMap(({ pid }) => pid ?? []);
    const all = [box.pid, lone.process.pid ?? 0, ...pids];
    const began = performance.now();
    const before = all.map(threadMs);
    await delay(SECONDS * 1000);
    const seconds = (performance.now() - began) / 1000;
    const spent = all.map((pid, at) => (threadMs(pid) - (before[at] ?? 0)) / seconds);
    const [supervisor = 0, alone = 0, ...theirs] = spent;
    return {
      supervisor,
      lone: alone,
      child: mean(theirs),
      memory: residentBytes(box.pid) / 1e6,
      childMemory: mean(pids.map(residentBytes)) / 1e6,
    };
  } finally {
    await endLone(lone);
    await box.dispose();
  }
}

function shown({ supervisor, child, lone, memory, childMemory }: Use): Row['values'] {
  return {
    supervisor: round(supervisor),
    child: round(child),
    lone: round(lone),
    'child / lone': round(child / lone),
    MB: round(memory, 0),
    'MB of a child': round(childMemory, 0),
  };
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / Math.max(1, values.length);
}
