import { readdirSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { churn } from '../helpers/churn.js';
import { Ffmpeg } from '../helpers/media.js';
import { type Origin, origins } from '../helpers/origins.js';
import { RunningSupervisor } from '../helpers/supervisor.js';
import { until } from '../helpers/until.js';
import { encodeClip, STREAM } from './load.js';
import { residentBytes } from './measure.js';
import { BlindPlayer } from './players.js';
import { type Row, report, round } from './report.js';

const MINUTES = Number(process.env.BENCH_MINUTES ?? 10);
const VIEWERS = 20;
const CLIENTS = 140;
const AT_ONCE = 10;

/**
 * RTMP clients that come and go in every way for minutes, beside some who stay: what grows
 * meanwhile.
 */
export async function run(): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'srs-supervisor-bench-'));
  const clip = await encodeClip(folder);
  for (const origin of origins()) {
    const rows = await soak(origin, clip);
    await report(`soak-${origin.name}`, `${MINUTES} minutes of clients, ${origin.name}`, rows);
  }
  await rm(folder, { recursive: true, force: true });
}

async function soak({ path }: Origin, clip: string): Promise<Row[]> {
  const supervisor = await RunningSupervisor.start({ origin: path, children: 2 });
  const input = ['-re', '-stream_loop', '-1', '-i', clip, '-c', 'copy', '-f', 'flv'];
  const publisher = new Ffmpeg('ffmpeg', [...input, supervisor.url(STREAM)]);
  const viewers: BlindPlayer[] = [];
  try {
    await supervisor.ownerOf(STREAM);
    const { rtmpPort: port } = supervisor;
    for (let i = 0; i < VIEWERS; i += 1) viewers.push(new BlindPlayer(port, STREAM.slice(5)));
    await until('every viewer plays', () => viewers.every(({ bytes }) => bytes > 100_000));
    return await minutes(supervisor, viewers);
  } finally {
    for (const viewer of viewers) viewer.close();
    await publisher.kill();
    await supervisor.dispose();
  }
}

async function minutes(supervisor: RunningSupervisor, viewers: BlindPlayer[]): Promise<Row[]> {
  const { rtmpPort: port, pid } = supervisor;
  const rows: Row[] = [];
  let clients = 0;
  for (let minute = 0; minute <= MINUTES; minute += 1) {
    const before = viewers.map(({ bytes }) => bytes);
    const end = performance.now() + 60_000;
    while (minute > 0 && performance.now() < end) {
      const freshApp = `fresh${clients}`;
      await churn({ port, stream: STREAM, freshApp }, CLIENTS, AT_ONCE);
      clients += CLIENTS;
    }
    const watching = viewers.filter(({ bytes }, i) => bytes > (before[i] ?? 0)).length;
    const values = {
      clients,
      'RSS MB': round(residentBytes(pid) / 1e6, 0),
      descriptors: readdirSync(`/proc/${pid}/fd`).length,
      threads: readdirSync(`/proc/${pid}/task`).length,
      viewers: minute > 0 ? watching : viewers.length,
    };
    rows.push({ name: `minute ${minute}`, values });
  }
  return rows;
}
