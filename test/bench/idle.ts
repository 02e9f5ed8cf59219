import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { type Origin, origins } from '../helpers/origins.js';
import { freePort } from '../helpers/ports.js';
import { RunningSupervisor } from '../helpers/supervisor.js';
import { until } from '../helpers/until.js';
import { residentBytes, threadMs } from './measure.js';
import { type Row, report, round } from './report.js';

const CHILDREN = Number(process.env.BENCH_CHILDREN ?? 64);
const SECONDS = Number(process.env.BENCH_SECONDS ?? 20);
/** Seconds after readiness in which nothing is measured: a start leaves work behind. */
const CALM_SECONDS = Number(process.env.BENCH_CALM_SECONDS ?? 60);
/** The box that is taken as empty. */
const EMPTY = 1;

/** A lone origin with the config that a child of the box has. */
interface Lone {
  readonly process: ChildProcess;
  readonly folder: string;
}

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

/** Starts an origin by the config of c001, with ports of its own and nobody to call. */
async function startLone(origin: Origin, workDir: string): Promise<Lone> {
  const folder = await mkdtemp(join(tmpdir(), 'srs-supervisor-lone-'));
  const text = await readFile(join(workDir, 'conf', 'c001.conf'), 'utf8');
  const conf = join(folder, 'lone.conf');
  const { alone, api } = await withoutBox(text, folder);
  await writeFile(conf, alone);
  const process = spawn(origin.path, ['-c', conf], { cwd: folder, stdio: 'ignore' });
  await until('the lone origin', async () => {
    const answer = await fetch(`http://127.0.0.1:${api}/api/v1/versions`).catch(() => null);
    return answer?.ok === true;
  });
  return { process, folder };
}

/** Returns the config with free ports, its own pid file, and no hooks or heartbeat. */
async function withoutBox(text: string, folder: string): Promise<{ alone: string; api: number }> {
  const used = [...new Set(text.match(/(?<=listen +(?:127\.0\.0\.1:)?)\d+(?=;)/g))];
  const portOf = new Map<string, number>();
  for (const port of used) portOf.set(port, await freePort());
  const api = /http_api \{[^}]*?listen 127\.0\.0\.1:(\d+)/s.exec(text)?.[1] ?? '';
  const alone = text
    .replaceAll(/(?<=listen +(?:127\.0\.0\.1:)?)\d+(?=;)/g, (port) => `${portOf.get(port)}`)
    .replace(/^pid .*$/m, `pid ${join(folder, 'lone.pid')};`)
    .replace(/^asprocess .*$/m, 'asprocess off;')
    .replace(/^heartbeat \{.*?^\}$/ms, '')
    .replaceAll(/^\s*http_hooks \{.*?^\s*\}$/gms, '');
  return { alone, api: portOf.get(api) ?? 0 };
}

async function endLone(lone: Lone | null): Promise<void> {
  lone?.process.kill('SIGKILL');
  if (lone !== null) await rm(lone.folder, { recursive: true, force: true });
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / Math.max(1, values.length);
}
