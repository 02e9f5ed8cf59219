import { setTimeout as delay } from 'node:timers/promises';
import type { ChildRow } from '../../src/admin/types.js';
import { type Ffmpeg, publish } from '../helpers/media.js';
import { origins } from '../helpers/origins.js';
import { freePort } from '../helpers/ports.js';
import { RunningSupervisor } from '../helpers/supervisor.js';
import { until } from '../helpers/until.js';
import { cpuDuring } from './measure.js';
import { BlindPlayer } from './players.js';
import { percentile, type Row, report, round } from './report.js';

const CHILDREN = 64;
const STREAMS = 4;
const PLAYERS_PER_STREAM = 5;
const QUIET_SECONDS = 30;
const ASK_SECONDS = 20;
const PER_SECOND = 20;

const PATHS = ['streams/', 'clients/?count=1000', 'vhosts/', 'summaries', 'versions', 'origins'];

/** How long answers of the merged API take while media flows, and what asking the children costs. */
export async function run(): Promise<void> {
  const rows: Row[] = [];
  for (const origin of origins()) {
    const api = await freePort();
    const args = ['--api', `127.0.0.1:${api}`];
    const supervisor = await RunningSupervisor.start({
      origin: origin.path,
      children: CHILDREN,
      args,
    });
    const media: (Ffmpeg | BlindPlayer)[] = [];
    try {
      rows.push({ name: origin.name, values: await measure(supervisor, api, media) });
    } finally {
      for (const one of media) 'kill' in one ? await one.kill() : one.close();
      await supervisor.dispose();
    }
  }
  const title = `GETs of the merged API, ${CHILDREN} children, ${STREAMS} streams, ${PER_SECOND} a second`;
  await report('api', title, rows);
}

async function measure(
  supervisor: RunningSupervisor,
  api: number,
  media: (Ffmpeg | BlindPlayer)[],
): Promise<Row['values']> {
  const base = `http://127.0.0.1:${api}`;
  const children = await supervisor.children();
  await until('every child is in', async () => (await known(base)) === CHILDREN);
  const quiet = await cpuOf(supervisor, children, () => delay(1000 * QUIET_SECONDS));
  for (let i = 0; i < STREAMS; i++) media.push(publish(supervisor.url(`live/bench${i}`)));
  for (let i = 0; i < STREAMS * PLAYERS_PER_STREAM; i++) {
    media.push(new BlindPlayer(supervisor.rtmpPort, `bench${i % STREAMS}`));
  }
  await until('all clients are in the list', async () => {
    const { clients } = await get<{ clients: unknown[] }>(`${base}/api/v1/clients/?count=1000`);
    return clients.length === STREAMS * (1 + PLAYERS_PER_STREAM);
  });
  const times = await ask(base);
  return {
    'p50 ms': round(percentile(times, 50)),
    'p99 ms': round(percentile(times, 99)),
    'worst ms': round(times.at(-1) ?? 0),
    'supervisor CPU % idle': round((100 * quiet.own) / QUIET_SECONDS),
    'child CPU % idle': round((100 * quiet.each) / QUIET_SECONDS),
  };
}

async function known(base: string): Promise<number> {
  const { origins: all } = await get<{ origins: { mem_kbyte: number }[] }>(
    `${base}/api/v1/origins`,
  );
  return all.filter(({ mem_kbyte }) => mem_kbyte > 0).length;
}

async function cpuOf(
  { pid }: RunningSupervisor,
  children: readonly ChildRow[],
  work: () => Promise<void>,
): Promise<{ own: number; each: number }> {
  const pids = children.flatMap((child) => child.pid ?? []);
  const [own = 0, ...theirs] = await cpuDuring([pid, ...pids], work);
  return { own, each: theirs.reduce((sum, one) => sum + one, 0) / theirs.length };
}

/** Milliseconds to the last byte of each answer, sorted; one is begun whether others are done or not. */
async function ask(base: string): Promise<number[]> {
  const times: Promise<number>[] = [];
  for (let i = 0; i < ASK_SECONDS * PER_SECOND; i++) {
    times.push(timed(`${base}/api/v1/${PATHS[i % PATHS.length]}`));
    await delay(1000 / PER_SECOND);
  }
  return (await Promise.all(times)).sort((a, b) => a - b);
}

async function timed(url: string): Promise<number> {
  const began = performance.now();
  await get(url);
  return performance.now() - began;
}

async function get<T>(url: string): Promise<T> {
  return (await (await fetch(url)).json()) as T;
}
