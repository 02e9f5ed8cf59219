import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { type Origin, origins } from '../helpers/origins.js';
import { openingBytes } from '../helpers/rtmp-bytes.js';
import { until } from '../helpers/until.js';
import { encodeClip, RUNS, STREAM } from './load.js';
import { cpuDuring } from './measure.js';
import { BlindPlayer, flvOpening, type Opening } from './players.js';
import { median, type Row, report, round } from './report.js';
import { type PlayerPorts, StreamBox } from './stream-box.js';

const FEW = Number(process.env.BENCH_FEW ?? 100);
const MANY = Number(process.env.BENCH_MANY ?? 500);
const SECONDS = 5;

/** Processes that serve viewers at a port, and what that cost. */
interface Way {
  readonly name: string;
  readonly port: number;
  readonly opening: Opening;
  readonly pids: readonly number[];
}

/** CPU seconds of all processes, and what the viewers got meanwhile. */
interface Cost {
  readonly cpu: number;
  readonly gbit: number;
}

/**
 * Measures what RTMP and HTTP-FLV viewers of one stream cost all processes that serve them: a child
 * alone, the box that relays each, and the box that shares one connection.
 */
export async function run(): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'srs-supervisor-bench-'));
  const clip = await encodeClip(folder);
  const rows: Row[] = [];
  for (const origin of origins()) rows.push(...(await measure(origin, clip)));
  await rm(folder, { recursive: true, force: true });
  const title = `Viewers of one stream of 2.5 Mbps, CPU of all processes, ms per Gbit`;
  await report('fanout', `${title}, medians of ${RUNS} turns`, rows);
}

const PROTOCOLS: readonly [name: string, port: keyof PlayerPorts, opening: Opening][] = [
  ['RTMP', 'rtmp', openingBytes],
  ['FLV', 'http', flvOpening],
];

async function measure(origin: Origin, clip: string): Promise<Row[]> {
  const open = (mode: string) =>
    StreamBox.open(origin, clip, { env: { SRS_SUPERVISOR_FANOUT_MODE: mode } });
  const relayed = await open('off');
  const shared = await open('auto');
  const rows: Row[] = [];
  try {
    for (const [protocol, port, opening] of PROTOCOLS) {
      const whole = (name: string, { ports, pid, child }: StreamBox): Way => ({
        ...{ name: `${origin.name}, ${protocol}, ${name}`, port: ports[port] },
        ...{ opening, pids: [pid, child.pid] },
      });
      const { child } = relayed;
      const name = `${origin.name}, ${protocol}, a child alone`;
      const alone = { name, port: child.ports[port], opening, pids: [child.pid] };
      rows.push(...(await compare([alone, whole('relayed', relayed), whole('fan-out', shared)])));
    }
    return rows;
  } finally {
    await Promise.all([relayed.close(), shared.close()]);
  }
}

async function compare(ways: readonly Way[]): Promise<Row[]> {
  const few = ways.map(() => [] as Cost[]);
  const many = ways.map(() => [] as Cost[]);
  for (let turn = 0; turn < RUNS; turn += 1) {
    for (const [at, way] of ways.entries()) {
      few[at]!.push(await costOf(way, FEW));
      many[at]!.push(await costOf(way, MANY));
    }
  }
  const whole = many.map((costs) => median(costs.map(({ cpu, gbit }) => (1000 * cpu) / gbit)));
  const more = many.map((costs, at) => median(costs.map((cost, i) => perMore(cost, few[at]![i]!))));
  return ways.map(({ name }, at) => ({
    name,
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

async function costOf({ port, opening, pids }: Way, viewers: number): Promise<Cost> {
  const players = Array.from(
    { length: viewers },
    () => new BlindPlayer(port, STREAM.slice(5), opening),
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
