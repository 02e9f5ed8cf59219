import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { Ffmpeg } from '../helpers/media.js';
import { type Origin, origins } from '../helpers/origins.js';
import { freePort } from '../helpers/ports.js';
import { RunningSupervisor } from '../helpers/supervisor.js';
import { until } from '../helpers/until.js';
import { encodeClip, RUNS, STREAM } from './load.js';
import { cpuDuring } from './measure.js';
import { BlindPlayer, flvOpening } from './players.js';
import { median, type Row, report, round } from './report.js';

const FEW = 100;
const MANY = 500;
const SECONDS = 5;

/** Processes that serve viewers at a port, and what that cost. */
interface Way {
  readonly name: string;
  readonly port: number;
  readonly pids: readonly number[];
}

/** CPU seconds of all processes, and what the viewers got meanwhile. */
interface Cost {
  readonly cpu: number;
  readonly gbit: number;
}

/**
 * Measures what HTTP-FLV viewers of one stream cost all processes that serve them: a child alone,
 * the box that relays each, and the box that shares one connection.
 */
export async function run(): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'srs-supervisor-bench-'));
  const clip = await encodeClip(folder);
  const rows: Row[] = [];
  for (const origin of origins()) rows.push(...(await measure(origin, clip)));
  await rm(folder, { recursive: true, force: true });
  const title = `HTTP-FLV viewers of one stream of 2.5 Mbps, CPU of all processes, ms per Gbit`;
  await report('fanout', `${title}, medians of ${RUNS} turns`, rows);
}

async function measure(origin: Origin, clip: string): Promise<Row[]> {
  const relayed = await Box.open(origin, clip, 'off');
  const shared = await Box.open(origin, clip, 'auto');
  const ways = [relayed.child, relayed.whole('relayed'), shared.whole('fan-out')];
  const few = ways.map(() => [] as Cost[]);
  const many = ways.map(() => [] as Cost[]);
  try {
    for (let turn = 0; turn < RUNS; turn += 1) {
      for (const [at, way] of ways.entries()) {
        few[at]!.push(await costOf(way, FEW));
        many[at]!.push(await costOf(way, MANY));
      }
    }
  } finally {
    await Promise.all([relayed.close(), shared.close()]);
  }
  const whole = many.map((costs) => median(costs.map(({ cpu, gbit }) => (1000 * cpu) / gbit)));
  const more = many.map((costs, at) => median(costs.map((cost, i) => perMore(cost, few[at]![i]!))));
  return ways.map(({ name }, at) => ({
    name: `${origin.name}, ${name}`,
    values: {
      [`at ${MANY}`]: round(whole[at]!, 0),
      ': alone': round(whole[at]! / whole[0]!),
      [`one more, ${FEW} to ${MANY}`]: round(more[at]!, 0),
      'one more : alone': round(more[at]! / more[0]!),
    },
  }));
}

function perMore(many: Cost, few: Cost): number {
  return (1000 * (many.cpu - few.cpu)) / (many.gbit - few.gbit);
}

async function costOf({ port, pids }: Way, viewers: number): Promise<Cost> {
  const players = Array.from(
    { length: viewers },
    () => new BlindPlayer(port, STREAM.slice(5), flvOpening),
  );
  const received = () => players.reduce((sum, { bytes }) => sum + bytes, 0);
  try {
    await until('every viewer plays', () => players.every(({ bytes }) => bytes > 1_000_000));
    const before = received();
    const cpu = await cpuDuring(pids, () => delay(1000 * SECONDS));
    if (!players.every(({ isOpen }) => isOpen)) throw new Error('a viewer was closed');
    const all = cpu.reduce((sum, seconds) => sum + seconds, 0);
    return { cpu: all, gbit: (8 * (received() - before)) / 1e9 };
  } finally {
    for (const player of players) player.close();
    await delay(1000);
  }
}

/** A supervisor with one child and the stream on it. */
class Box {
  readonly child: Way;
  readonly #http: number;
  readonly #supervisor: RunningSupervisor;
  readonly #publisher: Ffmpeg;

  private constructor(child: Way, http: number, box: RunningSupervisor, publisher: Ffmpeg) {
    this.child = child;
    this.#http = http;
    this.#supervisor = box;
    this.#publisher = publisher;
  }

  static async open(origin: Origin, clip: string, mode: string): Promise<Box> {
    const http = await freePort();
    const supervisor = await RunningSupervisor.start({
      origin: origin.path,
      children: 1,
      ports: { http },
      env: { SRS_SUPERVISOR_FANOUT_MODE: mode },
    });
    const input = ['-re', '-stream_loop', '-1', '-i', clip, '-c', 'copy', '-f', 'flv'];
    const publisher = new Ffmpeg('ffmpeg', [...input, supervisor.url(STREAM)]);
    await supervisor.ownerOf(STREAM);
    const [child] = await supervisor.children();
    const alone = { name: 'a child alone', port: child!.ports.http, pids: [child!.pid!] };
    return new Box(alone, http, supervisor, publisher);
  }

  whole(name: string): Way {
    return { name, port: this.#http, pids: [this.#supervisor.pid, ...this.child.pids] };
  }

  async close(): Promise<void> {
    await this.#publisher.kill();
    await this.#supervisor.dispose();
  }
}
