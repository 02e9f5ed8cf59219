import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { Ffmpeg } from '../helpers/media.js';
import { origins } from '../helpers/origins.js';
import { RunningSupervisor } from '../helpers/supervisor.js';
import { until } from '../helpers/until.js';
import { cpuDuring } from './measure.js';
import { BlindPlayer } from './players.js';
import { median, type Row, report, round } from './report.js';

const PLAYERS = 300;
const SECONDS = 5;
const RUNS = 5;

/** A clip of about 2.5 Mbps, encoded once for the whole bench. */
async function encodeClip(folder: string): Promise<string> {
  const path = join(folder, 'load.flv');
  const source = ['-f', 'lavfi', '-i', 'testsrc2=size=640x360:rate=25,noise=alls=20:allf=t'];
  const rate = ['-b:v', '2500k', '-minrate', '2500k', '-maxrate', '2500k', '-bufsize', '2500k'];
  const codec = ['-c:v', 'libx264', '-preset', 'ultrafast', '-g', '50', '-nal-hrd', 'cbr'];
  const encoder = new Ffmpeg('ffmpeg', [...source, '-t', '10', ...codec, ...rate, path]);
  if ((await encoder.ended) !== 0) throw new Error(encoder.errors);
  return path;
}

/** What the supervisor and the stream's child spend on 300 players of one stream. */
export async function run(): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'srs-supervisor-bench-'));
  const clip = await encodeClip(folder);
  const rows: Row[] = [];
  for (const origin of origins()) rows.push(await measure(origin.name, origin.path, clip));
  await rm(folder, { recursive: true, force: true });
  await report(
    'load',
    `${PLAYERS} RTMP players of one stream of 2.5 Mbps, medians of ${RUNS}`,
    rows,
  );
}

async function measure(name: string, origin: string, clip: string): Promise<Row> {
  const supervisor = await RunningSupervisor.start({ origin, children: 1 });
  const input = ['-re', '-stream_loop', '-1', '-i', clip, '-c', 'copy', '-f', 'flv'];
  const publisher = new Ffmpeg('ffmpeg', [...input, supervisor.url('live/load')]);
  const players: BlindPlayer[] = [];
  try {
    await supervisor.ownerOf('live/load');
    const [child] = await supervisor.children();
    for (let i = 0; i < PLAYERS; i += 1) players.push(new BlindPlayer(supervisor.rtmpPort, 'load'));
    await until('every player plays', () => players.every(({ bytes }) => bytes > 500_000));
    const pids = [supervisor.pid, child!.pid!];
    const runs = [];
    for (let i = 0; i < RUNS; i += 1) runs.push(await oneRun(pids, players));
    return { name, values: summary(runs) };
  } finally {
    for (const player of players) player.close();
    await publisher.kill();
    await supervisor.dispose();
  }
}

interface Run {
  readonly gbit: number;
  readonly relay: number;
  readonly child: number;
}

async function oneRun(pids: readonly number[], players: readonly BlindPlayer[]): Promise<Run> {
  const received = () => players.reduce((sum, { bytes }) => sum + bytes, 0);
  const before = received();
  const [relay = 0, child = 0] = await cpuDuring(pids, () => delay(1000 * SECONDS));
  if (!players.every(({ isOpen }) => isOpen)) throw new Error('a player was closed');
  return { gbit: (8 * (received() - before)) / 1e9, relay, child };
}

function summary(runs: readonly Run[]) {
  const perGbit = (value: (run: Run) => number) =>
    median(runs.map((run) => (1000 * value(run)) / run.gbit));
  return {
    'Gbit/s': round(median(runs.map(({ gbit }) => gbit / SECONDS))),
    'relay ms/Gbit': round(
      perGbit(({ relay }) => relay),
      0,
    ),
    'child ms/Gbit': round(
      perGbit(({ child }) => child),
      0,
    ),
    'relay : child': round(median(runs.map(({ relay, child }) => relay / child))),
  };
}
