import { setTimeout as delay } from 'node:timers/promises';
import { Ffmpeg } from '../helpers/media.js';
import { origins } from '../helpers/origins.js';
import { freePort } from '../helpers/ports.js';
import { RunningSupervisor } from '../helpers/supervisor.js';
import { until } from '../helpers/until.js';
import { cpuDuring, runAhead } from './measure.js';
import { BlindPlayer } from './players.js';
import { percentile, type Row, report, round } from './report.js';

const CHILDREN = Number(process.env.BENCH_CHILDREN ?? 64);
const STREAMS = Number(process.env.BENCH_STREAMS ?? 4);
/** In all, beside the publishers. */
const PLAYERS = Number(process.env.BENCH_PLAYERS ?? 20);
const QUIET_SECONDS = 20;
const ASK_SECONDS = 20;
const PER_SECOND = Number(process.env.BENCH_PER_SECOND ?? 20);

/** BENCH_PATHS: `streams/,summaries`. */
const PATHS = process.env.BENCH_PATHS?.split(',') ?? [
  ...['streams/', 'clients/?count=1000', 'vhosts/', 'summaries', 'versions', 'origins'],
];
/** A second of it is a few kilobytes, so that thousands of players cost little but their places. */
const SMALL = ['-f', 'lavfi', '-i', 'testsrc=size=64x48:rate=5', '-c:v', 'libx264', '-g', '5'];

/**
 * How long answers of the merged API take while media flows, and what asking the children costs.
 */
export async function run(): Promise<void> {
  const rows: Row[] = [];
  for (const origin of origins()) {
    const without = await withBox(origin.path, null, (supervisor) => quiet(supervisor));
    const api = await freePort();
    const values = await withBox(origin.path, api, (supervisor) =>
      measure(supervisor, api, without),
    );
    rows.push({ name: origin.name, values });
  }
  const load = `${CHILDREN} children, ${STREAMS} streams, ${PLAYERS} players`;
  const title = `GETs of the merged API, ${load}, ${PER_SECOND} a second`;
  await report('api', title, rows);
}

async function withBox<T>(
  origin: string,
  api: number | null,
  work: (supervisor: RunningSupervisor) => Promise<T>,
): Promise<T> {
  const ports = api === null ? {} : { api };
  const supervisor = await RunningSupervisor.start({ origin, children: CHILDREN, ports });
  try {
    return await work(supervisor);
  } finally {
    await supervisor.dispose();
  }
}

async function measure(
  supervisor: RunningSupervisor,
  api: number,
  without: Cost,
): Promise<Row['values']> {
  const base = `http://127.0.0.1:${api}`;
  await until('every child is in', async () => (await known(base)) === CHILDREN);
  const cost = await quiet(supervisor);
  const { times, busy } = await streaming(supervisor, base, () => askWhile(supervisor, base));
  return {
    'p50 ms': round(percentile(times, 50)),
    'p99 ms': round(percentile(times, 99)),
    'worst ms': round(times.at(-1) ?? 0),
    'supervisor CPU %, with clients': round(busy),
    'asking: supervisor CPU %': round(cost.own - without.own),
    'asking: a child CPU %': round(cost.each - without.each),
  };
}

/** Asks, and measures the supervisor's CPU meanwhile in percent of a core. */
async function askWhile(supervisor: RunningSupervisor, base: string) {
  let times: number[] = [];
  const [spent = 0] = await cpuDuring([supervisor.pid], async () => {
    times = await ask(base);
  });
  return { times, busy: (100 * spent) / ASK_SECONDS };
}

async function streaming<T>(
  supervisor: RunningSupervisor,
  base: string,
  work: () => Promise<T>,
): Promise<T> {
  const names = Array.from({ length: STREAMS }, (_, i) => `bench${i}`);
  const encoders = names.map(
    (name) => new Ffmpeg('ffmpeg', ['-re', ...SMALL, '-f', 'flv', supervisor.url(`live/${name}`)]),
  );
  const players = Array.from(
    { length: PLAYERS },
    (_, i) => new BlindPlayer(supervisor.rtmpPort, names[i % STREAMS] ?? ''),
  );
  try {
    await until('all clients are in the list', async () => {
      const count = encoders.length + players.length;
      const { clients } = await get<{ clients: unknown[] }>(
        `${base}/api/v1/clients/?count=${count + 1}`,
      );
      return clients.length === count;
    });
    return await work();
  } finally {
    for (const player of players) player.close();
    await Promise.all(encoders.map((encoder) => encoder.kill()));
  }
}

/** CPU in percent of a core: the supervisor's, and that of a child on average. */
interface Cost {
  readonly own: number;
  readonly each: number;
}

async function quiet(supervisor: RunningSupervisor): Promise<Cost> {
  runAhead([supervisor.pid, process.pid]);
  const pids = (await supervisor.children()).flatMap((child) => child.pid ?? []);
  const work = () => delay(1000 * QUIET_SECONDS);
  const [own = 0, ...theirs] = await cpuDuring([supervisor.pid, ...pids], work);
  const percent = 100 / QUIET_SECONDS;
  const each = theirs.reduce((sum, one) => sum + one, 0) / theirs.length;
  return { own: own * percent, each: each * percent };
}

async function known(base: string): Promise<number> {
  const { origins: all } = await get<{ origins: { mem_kbyte: number }[] }>(
    `${base}/api/v1/origins`,
  );
  return all.filter(({ mem_kbyte }) => mem_kbyte > 0).length;
}

/**
 * Milliseconds to the last byte of each answer, sorted; one is begun whether others are done or
 * not.
 */
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
