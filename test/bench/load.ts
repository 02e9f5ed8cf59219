import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { Ffmpeg } from '../helpers/media.js';
import { type Origin, origins } from '../helpers/origins.js';
import { RunningSupervisor } from '../helpers/supervisor.js';
import { until } from '../helpers/until.js';
import { cpuDuring } from './measure.js';
import { BlindPlayer, type Opening } from './players.js';
import { PEERS, stop } from './relay/peers.js';
import { startSrsProxy } from './relay/srs-proxy.js';
import { median, type Row, report, round } from './report.js';

export const PLAYERS = 300;
const SECONDS = 5;
export const RUNS = Number(process.env.BENCH_RUNS ?? 5);
export const STREAM = 'live/load';

/** A clip of about 2.5 Mbps, encoded once for the whole bench. */
export async function encodeClip(folder: string): Promise<string> {
  const path = join(folder, 'load.flv');
  const source = ['-f', 'lavfi', '-i', 'testsrc2=size=640x360:rate=25,noise=alls=20:allf=t'];
  const rate = ['-b:v', '2500k', '-minrate', '2500k', '-maxrate', '2500k', '-bufsize', '2500k'];
  const codec = ['-c:v', 'libx264', '-preset', 'ultrafast', '-g', '50', '-nal-hrd', 'cbr'];
  const encoder = new Ffmpeg('ffmpeg', [...source, '-t', '10', ...codec, ...rate, path]);
  if ((await encoder.ended) !== 0) throw new Error(encoder.errors);
  return path;
}

/** Something that players connect to: the process that relays, and the child behind it. */
export interface Listener {
  readonly name: string;
  readonly port: number;
  readonly relay: number;
  readonly child: number;
}

/** Measures CPU of relay and child for 300 players of one stream, relay by relay. */
export async function run(): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'srs-supervisor-bench-'));
  const clip = await encodeClip(folder);
  const rows: Row[] = [];
  for (const origin of origins()) rows.push(...(await measure(origin, clip, folder)));
  await rm(folder, { recursive: true, force: true });
  const title = `${PLAYERS} RTMP players of one stream of 2.5 Mbps, medians of ${RUNS} turns`;
  await report('load', title, rows);
}

async function measure(origin: Origin, clip: string, folder: string): Promise<Row[]> {
  const closing: (() => Promise<void>)[] = [];
  try {
    const native = await ours(origin, clip, 'native', closing);
    const listeners = [native.listener, (await ours(origin, clip, 'portable', closing)).listener];
    for (const start of [PEERS.haproxy!, PEERS['haproxy auto']!, startSrsProxy]) {
      const peer = await start(native.childPort, folder);
      if (!peer?.process) continue;
      closing.unshift(() => stop(peer));
      const { name, port, process } = peer;
      listeners.push({ name, port, relay: process.pid!, child: native.listener.child });
    }
    const turns = listeners.map(() => [] as Turn[]);
    for (let i = 0; i < RUNS; i += 1) {
      for (const [which, listener] of listeners.entries())
        turns[which]!.push(await oneTurn(listener));
    }
    const reference = turns[listeners.findIndex(({ name }) => name === 'haproxy')];
    return listeners.map(({ name }, i) => ({
      name: `${origin.name}, ${name}`,
      values: summary(turns[i]!, reference),
    }));
  } finally {
    for (const close of closing) await close();
  }
}

/** A supervisor with one child and the stream on it. */
async function ours(
  origin: Origin,
  clip: string,
  engine: string,
  closing: (() => Promise<void>)[],
) {
  const options = { origin: origin.path, children: 1, args: ['--relay', engine] };
  const supervisor = await RunningSupervisor.start(options);
  closing.push(() => supervisor.dispose());
  const input = ['-re', '-stream_loop', '-1', '-i', clip, '-c', 'copy', '-f', 'flv'];
  const publisher = new Ffmpeg('ffmpeg', [...input, supervisor.url(STREAM)]);
  closing.unshift(() => publisher.kill());
  await supervisor.ownerOf(STREAM);
  const [child] = await supervisor.children();
  const { rtmpPort: port, pid: relay } = supervisor;
  const listener: Listener = { name: engine, port, relay, child: child!.pid! };
  return { listener, childPort: child!.ports.rtmp };
}

export interface Turn {
  readonly gbit: number;
  /** CPU seconds. */
  readonly relay: number;
  readonly child: number;
}

export async function oneTurn(listener: Listener, opening?: Opening): Promise<Turn> {
  const { port, relay, child } = listener;
  const players: BlindPlayer[] = [];
  for (let i = 0; i < PLAYERS; i += 1) {
    players.push(new BlindPlayer(port, STREAM.slice(5), opening));
  }
  const received = () => players.reduce((sum, { bytes }) => sum + bytes, 0);
  try {
    await until('every player plays', () => players.every(({ bytes }) => bytes > 1_000_000));
    const before = received();
    const [ofRelay = 0, ofChild = 0] = await cpuDuring([relay, child], () => delay(1000 * SECONDS));
    if (!players.every(({ isOpen }) => isOpen)) throw new Error('a player was closed');
    return { gbit: (8 * (received() - before)) / 1e9, relay: ofRelay, child: ofChild };
  } finally {
    for (const player of players) player.close();
  }
}

/** `reference`: the turns of HAProxy, where that is installed. */
export function summary(turns: readonly Turn[], reference: readonly Turn[] | undefined) {
  const perGbit = ({ relay, gbit }: Turn) => (1000 * relay) / gbit;
  return {
    'Gbit/s': round(median(turns.map(({ gbit }) => gbit / SECONDS))),
    'relay ms/Gbit': round(median(turns.map(perGbit)), 0),
    'child ms/Gbit': round(median(turns.map(({ child, gbit }) => (1000 * child) / gbit)), 0),
    'relay : child': round(median(turns.map(({ relay, child }) => relay / child))),
    'relay : haproxy': reference
      ? round(median(turns.map((turn, i) => perGbit(turn) / perGbit(reference[i]!))))
      : '',
  };
}
