import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Ffmpeg } from '../helpers/media.js';
import { type Origin, origins } from '../helpers/origins.js';
import { freePort } from '../helpers/ports.js';
import { RunningSupervisor } from '../helpers/supervisor.js';
import {
  encodeClip,
  type Listener,
  oneTurn,
  PLAYERS,
  RUNS,
  STREAM,
  summary,
  type Turn,
} from './load.js';
import { flvOpening } from './players.js';
import { type Row, report } from './report.js';

/** Measures CPU of relay and child for 300 HTTP-FLV players of one stream, engine by engine. */
export async function run(): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'srs-supervisor-bench-'));
  const clip = await encodeClip(folder);
  const rows: Row[] = [];
  for (const origin of origins()) rows.push(...(await measure(origin, clip)));
  await rm(folder, { recursive: true, force: true });
  const title = `${PLAYERS} HTTP-FLV players of one stream of 2.5 Mbps, medians of ${RUNS} turns`;
  await report('http-flv', title, rows);
}

async function measure(origin: Origin, clip: string): Promise<Row[]> {
  const boxes = [await Box.open(origin, clip, 'native'), await Box.open(origin, clip, 'portable')];
  try {
    const turns = boxes.map(() => [] as Turn[]);
    for (let i = 0; i < RUNS; i += 1) {
      for (const [which, { listener }] of boxes.entries()) {
        turns[which]!.push(await oneTurn(listener, flvOpening));
      }
    }
    return boxes.map(({ listener }, i) => ({
      name: `${origin.name}, ${listener.name}`,
      values: summary(turns[i]!, undefined),
    }));
  } finally {
    for (const box of boxes) await box.close();
  }
}

/** A supervisor with one child and the stream on it. */
class Box {
  readonly listener: Listener;
  readonly #supervisor: RunningSupervisor;
  readonly #publisher: Ffmpeg;

  private constructor(listener: Listener, supervisor: RunningSupervisor, publisher: Ffmpeg) {
    this.listener = listener;
    this.#supervisor = supervisor;
    this.#publisher = publisher;
  }

  static async open(origin: Origin, clip: string, engine: string): Promise<Box> {
    const http = await freePort();
    const supervisor = await RunningSupervisor.start({
      origin: origin.path,
      children: 1,
      args: ['--relay', engine],
      ports: { http },
    });
    const input = ['-re', '-stream_loop', '-1', '-i', clip, '-c', 'copy', '-f', 'flv'];
    const publisher = new Ffmpeg('ffmpeg', [...input, supervisor.url(STREAM)]);
    await supervisor.ownerOf(STREAM);
    const [child] = await supervisor.children();
    const listener = { name: engine, port: http, relay: supervisor.pid, child: child!.pid! };
    return new Box(listener, supervisor, publisher);
  }

  async close(): Promise<void> {
    await this.#publisher.kill();
    await this.#supervisor.dispose();
  }
}
