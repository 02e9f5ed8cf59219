import { setTimeout as delay } from 'node:timers/promises';
import { publish } from '../helpers/media.js';
import { origins } from '../helpers/origins.js';
import { freePort } from '../helpers/ports.js';
import { RunningSupervisor } from '../helpers/supervisor.js';
import { until } from '../helpers/until.js';
import { cpuDuring, runAhead } from './measure.js';
import { BlindPlayer } from './players.js';
import { percentile, type Row, report, round } from './report.js';

const CHILDREN = 64;
const STREAMS = 4;
const PLAYERS_PER_STREAM = 5;
const QUIET_SECONDS = 20;
const ASK_SECONDS = 20;
const PER_SECOND = 20;

const PATHS = ['streams/', 'clients/?count=1000', 'vhosts/', 'summaries', 'versions', 'origins'];

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
  const title = `GETs of the merged API, ${CHILDREN} children, ${STREAMS} streams, ${PER_SECOND} a second`;
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
  const times = await streaming(supervisor, base, () => ask(base));
  return {
    'p50 ms': round(percentile(times, 50)),
    'p99 ms': round(percentile(times, 99)),
    'worst ms': round(times.at(-1) ?? 0),
    'asking: supervisor CPU %': round(cost.own - without.own),
    'asking: a child CPU %': round(cost.each - without.each),
  };
}

async function streaming<T>(
  supervisor: RunningSupervisor,
  base: string,
  work: () => Promise<T>,
): Promise<T> {
  const names = Array.from({ length: STREAMS }, (_, i) => `bench${i}`);
  const encoders = names.map((name) => publish(supervisor.url(`live/${name}`)));
  const players = Array.from(
    { length: STREAMS * PLAYERS_PER_STREAM },
    (_, i) => new BlindPlayer(supervisor.rtmpPort, names[i % STREAMS] ?? ''),
  );
  try {
    await until('all clients are in the list', async () => {
      const { clients } = await get<{ clients: unknown[] }>(`${base}/api/v1/clients/?count=1000`);
      return clients.length === encoders.length + players.length;
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
